/** Invented results of the stage carry with plausible numbers. No number of them was measured. */
import type { CarriedToken, CarryResults } from "../../../src/results/results.js";
import { around } from "./shape.js";

const prompts = (value: number, half: number) => around(value, half, 100, "prompt");

const LAYERS = 6;

/** Shares of a part: on the line from base to tuned weights, put into base, taken from tuned. */
const shares = (layer: number, ofMlp: boolean): [number, number, number] =>
  ofMlp
    ? [0.04 + 0.012 * layer, 0.02 + 0.008 * layer, 0.09 + 0.01 * layer]
    : [0.06 + 0.01 * layer, 0.03 + 0.01 * layer, 0.13 + 0.02 * layer];

const places: readonly (Pick<CarryResults["parts"][number], "module" | "layer"> & {
  of: [number, number, number];
})[] = [
  { module: "embedding", layer: null, of: [0.21, 0.07, 0.52] },
  ...Array.from({ length: LAYERS }, (_, layer) => [
    { module: "attention" as const, layer, of: shares(layer, false) },
    { module: "mlp" as const, layer, of: shares(layer, true) },
  ]).flat(),
  { module: "norm", layer: null, of: [0.02, 0.01, 0.05] },
];

const effects = (given: number, taken: number) => ({
  intoBase: {
    change: prompts(14.2 * given, 0.4),
    share: prompts(given, 0.03),
    reward: prompts(1.1 * given, 0.1),
  },
  intoTuned: {
    change: prompts(-14.2 * taken, 0.6),
    share: prompts(taken, 0.04),
    reward: prompts(-1.3 * taken, 0.12),
  },
});

export function carryResults(): CarryResults {
  return {
    promptTokens: 30,
    newTokens: 40,
    contrast: prompts(14.2, 1.3),
    reward: { base: prompts(0.21, 0.2), tuned: prompts(1.87, 0.23), difference: prompts(1.66, 0.26) },
    path: {
      points: 8,
      sum: 14.19,
      error: 0.0007,
      parts: places.map(({ module, layer, of: [share] }) => ({
        ...{ module, layer },
        value: 14.2 * share,
        share: around(share, 0.02, 13, "group"),
      })),
    },
    parts: places.map(({ module, layer, of: [, given, taken] }) => ({ module, layer, ...effects(given, taken) })),
    groups: [
      { group: "attention", ...effects(0.22, 0.71) },
      { group: "mlps", ...effects(0.18, 0.64) },
      { group: "layers", ...effects(0.55, 0.93) },
      { group: "embeddingAndAttention", ...effects(0.47, 0.88) },
      { group: "embeddingAndMlps", ...effects(0.41, 0.86) },
    ],
    together: {
      intoBase: { sum: prompts(0.52, 0.04), interaction: prompts(0.48, 0.04) },
      intoTuned: { sum: prompts(2.1, 0.11), interaction: prompts(-1.1, 0.11) },
    },
    doses: [
      [-0.5, 0.02, 3.1],
      [0, 0.21, 0],
      [0.25, 0.38, 0.6],
      [0.5, 0.83, 2.4],
      [0.75, 1.41, 5.2],
      [1, 1.87, 9.8],
      [1.25, 1.72, 17.4],
    ].map(([dose, reward, kl]) => ({
      dose,
      reward: prompts(reward, 0.21),
      change: prompts(reward - 0.21, 0.24),
      kl: prompts(kl, dose === 0 ? 0 : 0.4),
      distinct2: 0.64 - 0.12 * dose,
    })),
    features: features(),
  };
}

const measured = (value: number, half: number) => around(value, half, 50, "prompt");

function features(): NonNullable<CarryResults["features"]> {
  const shares = (given: number, taken: number) => ({
    intoBase: measured(given, 0.03),
    intoTuned: measured(taken, 0.04),
  });
  const ofCount = { chosen: 0.06, size: 0.018, frequency: 0.01, random: 0.002 } as const;
  return {
    layers: [0, 1, 2, 3, 4],
    features: 5120,
    prompts: { choosing: 50, measuring: 50 },
    contrast: measured(13.9, 1.8),
    sets: [1, 2, 5, 10, 20, 50, 100].flatMap((chosen) =>
      (Object.keys(ofCount) as (keyof typeof ofCount)[]).map((set) => {
        const share = ofCount[set] * Math.sqrt(chosen);
        const count = set === "size" ? chosen + Math.round(chosen / 4) : chosen;
        const size = 0.002 * chosen * (set === "chosen" || set === "size" ? 1 : 0.3);
        return { set, chosen, features: count, size, ...shares(0.6 * share, share) };
      }),
    ),
    wholes: [
      { of: "all", ...shares(0.41, 0.72) },
      { of: "allAndError", ...shares(0.52, 0.83) },
      { of: "error", ...shares(0.11, 0.19) },
      { of: "meanDifference", ...shares(0.08, 0.12) },
    ],
    doses: [0.25, 0.5, 0.75, 1.25].map((dose) => ({ dose, ...shares(0.36 * dose, 0.6 * dose) })),
  };
}

export function carriedTokens(): CarriedToken[] {
  const texts = [" great", " wonderful", "\n", " the", " bad", '"', " <b>", " awful"];
  return Array.from({ length: 48 }, (_, id) => ({
    id,
    text: texts[id % texts.length],
    value: 0.6 - 0.02 * id,
    inBase: id % 7,
    inTuned: 40 - id > 0 ? 40 - id : 0,
  }));
}
