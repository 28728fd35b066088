/** The ways of tuning that are compared: settings of PPO alone, all within TRL 0.7.7's semantics. */
import type { ConfigInput } from "../../src/pipeline/index.js";

export interface Arm {
  readonly name: string;
  readonly summary: string;
  readonly ppo: NonNullable<ConfigInput["ppo"]>;
}

/** What all arms share: the embedded model's texts and lengths are the `default` preset's. */
const shared = {
  batchSize: 64,
  klCoef: 0.2,
  adaptiveKl: false,
  clippedSteps: "every",
  evaluation: { prompts: 400, promptTokens: 30, newTokens: 40 },
} as const;

/** The learning rate falls to 0, so that the policy comes to rest where penalty and reward balance. */
const falling = { ...shared, schedule: "linear", warmupSteps: 5, learningRate: 2e-4 } as const;

export const arms: readonly Arm[] = [
  {
    name: "default",
    summary: "150 batches of 1 epoch of minibatches of 32, rate 2e-4 falling to 0, fixed coefficient 0.23",
    ppo: { ...falling, klCoef: 0.23, batches: 150, ppoEpochs: 1, miniBatchSize: 32 },
  },
  {
    name: "plateau",
    summary: "64 batches, 2 epochs of minibatches of 32, rate 2e-4 falling to 0, fixed coefficient 0.2",
    ppo: { ...falling, batches: 64, ppoEpochs: 2, miniBatchSize: 32 },
  },
  {
    name: "constant",
    summary: "36 batches, 4 epochs of minibatches of 16, constant rate 2e-4, coefficient 0.2 with TRL's controller",
    ppo: {
      ...{ ...shared, schedule: "constant", learningRate: 2e-4, adaptiveKl: true, klTarget: 6, klHorizon: 10_000 },
      ...{ batches: 36, ppoEpochs: 4, miniBatchSize: 16 },
    },
  },
  {
    name: "weak-penalty",
    summary: "as plateau, coefficient 0.18",
    ppo: { ...falling, klCoef: 0.18, batches: 64, ppoEpochs: 2, miniBatchSize: 32 },
  },
  {
    name: "longer",
    summary: "as plateau, 96 batches",
    ppo: { ...falling, batches: 96, ppoEpochs: 2, miniBatchSize: 32 },
  },
  {
    name: "one-epoch",
    summary: "as plateau, 110 batches of 1 epoch",
    ppo: { ...falling, batches: 110, ppoEpochs: 1, miniBatchSize: 32 },
  },
  {
    name: "large-minibatch",
    summary: "as plateau, 36 batches of 4 epochs of minibatches of 64, rate 4e-4",
    ppo: { ...falling, warmupSteps: 3, learningRate: 4e-4, batches: 36, ppoEpochs: 4, miniBatchSize: 64 },
  },
  {
    name: "strong-penalty",
    summary: "as plateau, coefficient 0.25",
    ppo: { ...falling, klCoef: 0.25, batches: 64, ppoEpochs: 2, miniBatchSize: 32 },
  },
  {
    name: "controller",
    summary: "as plateau, with a controller of target 6 and horizon 256",
    ppo: {
      ...{ ...falling, adaptiveKl: true, klTarget: 6, klHorizon: 256 },
      ...{ batches: 64, ppoEpochs: 2, miniBatchSize: 32 },
    },
  },
];

export const seeds = [1, 2, 3, 4, 5];
