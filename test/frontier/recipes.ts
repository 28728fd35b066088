/** The ways to train a dictionary that are compared. */
import type { KindSettings } from "../../src/dictionary/kind.js";
import type { TrainAutoencodersOptions } from "../../src/sae/index.js";

export interface Recipe {
  readonly name: string;
  readonly words: string;
  /** Tokens of many texts in a batch, or whole texts. */
  readonly mixed: boolean;
  readonly kind: KindSettings;
  readonly options: Pick<
    TrainAutoencodersOptions,
    "tied" | "freeEncoder" | "learningRate" | "schedule" | "auxCoef" | "start" | "refit"
  >;
}

/** Mixed tokens, warm-up and decay, a start at points, the decoder refitted; dead features are revived. */
const recent = {
  mixed: true,
  options: {
    learningRate: 2e-3,
    schedule: { warmup: 0.03, decay: 0.5, ramp: 0.05 },
    ...({ auxCoef: 1 / 32, start: "points", refit: true } as const),
  },
};

export const recipes: readonly Recipe[] = [
  {
    name: "relu-plain",
    words: "ReLU as in the paper: whole texts, a constant rate, Xavier's weights",
    ...{ mixed: false, kind: { name: "relu", l1Coef: 0.006 }, options: { learningRate: 3e-3 } },
  },
  { name: "relu", words: "ReLU, mixed tokens", ...recent, kind: { name: "relu", l1Coef: 0.015 } },
  { name: "batchtopk", words: "batch top-k, mixed tokens", ...recent, kind: { name: "batchtopk", k: 16 } },
  {
    name: "batchtopk-fast",
    words: "batch top-k, mixed tokens, rate 5e-3",
    ...{ mixed: true, kind: { name: "batchtopk", k: 16 }, options: { ...recent.options, learningRate: 5e-3 } },
  },
  {
    name: "batchtopk-untied",
    words: "batch top-k, mixed tokens, rate 5e-3, a free encoder, no refit: the way of `default`",
    ...{ mixed: true, kind: { name: "batchtopk", k: 16 } },
    options: {
      ...recent.options,
      ...{ tied: false, freeEncoder: true, learningRate: 5e-3, refit: false },
      schedule: { ...recent.options.schedule, decay: 0.2 },
    },
  },
  { name: "jumprelu", words: "JumpReLU, mixed tokens", ...recent, kind: { name: "jumprelu", l0Coef: 0.003 } },
];
