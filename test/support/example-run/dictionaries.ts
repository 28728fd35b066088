/** Dictionaries of the invented run: quality, curves, studies, matches. */
import type { Results } from "../../../src/results/results.js";
import type { Rng } from "../../../src/rng.js";
import { around, chosen, roles, sizes } from "./shape.js";

export function dictionaries(rng: Rng): NonNullable<Results["dictionaries"]> {
  const all = roles.flatMap((model) => chosen.flatMap((layer) => sizes.map((size) => ({ model, layer, size }))));
  return {
    tokenVisits: 300_000,
    l1Coef: 0.001,
    dictionaries: all.map(({ model, layer, size }) => {
      const l0 = (size === "large" ? 34 : 27) + 3.1 * layer + (model === "base" ? -1 : 1) + 0.6 * rng.normal();
      const normalisedMse = 0.021 + 0.006 * layer - (size === "large" ? 0.006 : 0) + 0.001 * rng.normal();
      const loss = {
        original: 3.912,
        spliced: 3.912 + 0.02 * layer + 0.01 * rng.uniform(),
        zeroed: 4.2 + 0.21 * layer,
      };
      return {
        model,
        layer,
        size,
        dIn: 256,
        dSae: size === "large" ? 512 : 256,
        tokens: 49_120,
        l0,
        normalisedMse,
        explainedVariance: 1 - normalisedMse,
        deadFeatures: rng.integer(size === "large" ? 60 : 12),
        loss,
        lossRecovered: (loss.zeroed - loss.spliced) / (loss.zeroed - loss.original),
      };
    }),
    curves: all.map(({ model, layer, size }) => {
      const step = Array.from({ length: 40 }, (_, i) => 8 + 16 * i);
      const wide = size === "large" ? 1.3 : 1;
      return {
        model,
        layer,
        size,
        step,
        mse: step.map((at) => (0.004 + 0.0006 * layer + 0.09 * Math.exp(-at / 60)) / wide + 0.0001 * rng.uniform()),
        l1: step.map((at) => 0.4 + 0.5 * Math.exp(-at / 90)),
        l0: step.map((at) => (27 + 3 * layer + 90 * Math.exp(-at / 110)) * wide + 0.7 * rng.normal()),
      };
    }),
  };
}

export function studies(): NonNullable<Results["studies"]> {
  const measured = (setting: string, layers: number[], tied: boolean, l1Coef: number, l0: number, error: number) => ({
    ...{ setting, layers, tied, l1Coef },
    l0: around(l0, 0.04 * l0, 128, "text"),
    normalisedMse: around(error, 0.05 * error, 128, "text"),
    explainedVariance: 1 - 1.1 * error,
    deadFeatures: 2.4,
    training: { l0: 1.6 * l0, normalisedMse: 1.5 * error },
  });
  const highest = measured("highest divergence", chosen, true, 0.001, 36.2, 0.041);
  const difference = (setting: string, from: string, l0: number, error: number) => ({
    ...{ setting, from, l0: around(l0, 0.6, 128, "text"), normalisedMse: around(error, 0.002, 128, "text") },
  });
  return {
    tokenVisits: 100_000,
    dSae: 256,
    sweep: [0.001, 0.002, 0.005, 0.01].map((l1Coef, i) =>
      measured(`l1 ${l1Coef}`, chosen, true, l1Coef, [88.1, 36.2, 17.4, 5.2][i], [0.018, 0.041, 0.092, 0.231][i]),
    ),
    tying: {
      settings: [
        { ...highest, setting: "tied weights" },
        measured("untied weights", chosen, false, 0.001, 39.8, 0.046),
      ],
      differences: [difference("untied weights", "tied weights", 3.6, 0.005)],
    },
    layerChoice: {
      settings: [
        highest,
        measured("lowest divergence", [0, 1, 2, 3, 4], true, 0.001, 30.3, 0.029),
        measured("first layers", [0, 1, 2, 3, 4], true, 0.001, 30.3, 0.029),
      ],
      differences: [
        difference("lowest divergence", "highest divergence", -5.9, -0.012),
        difference("first layers", "highest divergence", -5.9, -0.012),
      ],
    },
  };
}

export function match(rng: Rng): NonNullable<Results["match"]> {
  return {
    topK: 30,
    pairs: roles.flatMap((model) =>
      chosen.map((layer) => {
        const cosines = Array.from({ length: 256 }, () =>
          Math.min(0.995, rng.uniform() < 0.25 + 0.05 * layer ? 0.9 + 0.05 * rng.normal() : 0.42 + 0.12 * rng.normal()),
        );
        const order = cosines.map((_, i) => i).sort((a, b) => cosines[b] - cosines[a]);
        return {
          model,
          layer,
          mmcs: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
          randomMmcs: 0.192 + 0.001 * rng.normal(),
          cosines,
          top: order.slice(0, 30).map((feature) => ({ feature, cosine: cosines[feature], partner: rng.integer(512) })),
        };
      }),
    ),
    between: chosen.flatMap((layer) =>
      dictionaryNames.flatMap((from, i) =>
        dictionaryNames.flatMap((to, j) =>
          i === j ? [] : [{ layer, from, to, mmcs: (i % 2 === j % 2 ? 0.7 : 0.3) + 0.02 * (i - j) + 0.01 * layer }],
        ),
      ),
    ),
  };
}

const dictionaryNames = ["base small", "base large", "tuned small", "tuned large"] as const;
