/** The rebuilt lexicon of the invented run, the linear reward model and its deltas. */
import { table10 } from "../../../src/paper/published.js";
import type { DeltaPoint, LexiconRow, Results } from "../../../src/results/results.js";
import type { Rng } from "../../../src/rng.js";
import { loadLexicon } from "../../../src/text/lexicon.js";
import { around, roles } from "./shape.js";

export function lexicon(rng: Rng): LexiconRow[] {
  const known = new Map(table10.map(({ word }) => [word, word]));
  const words = [...loadLexicon()].filter(
    ([word], i) => known.has(word) || (/^[a-z]{3,10}$/.test(word) && i % 12 === 0),
  );
  return words.map(([word, trueValue]) => {
    const rebuild = (strength: number) => strength * trueValue + 0.55 * rng.normal();
    return {
      word,
      trueValue,
      tuned: word === "foe" ? null : rebuild(0.35),
      tunedRidge: word === "foe" ? null : rebuild(0.38),
      tunedOccurrences: word === "foe" ? 0 : 1 + rng.integer(200),
      base: word === "foe" ? null : rebuild(0.24),
      baseRidge: word === "foe" ? null : rebuild(0.25),
      baseOccurrences: word === "foe" ? 0 : 1 + rng.integer(200),
    };
  });
}

export function probe(rows: readonly LexiconRow[]): NonNullable<Results["probe"]> {
  const n = rows.filter(({ tuned }) => tuned !== null).length;
  const kendall = (tau: number, words: number) => ({
    tau: around(tau, 1.3 / Math.sqrt(words), words, "word"),
    pValue: Math.exp(-words * tau * tau),
    distance: (1 - tau) / 2,
  });
  return {
    models: roles.map((model) => {
      const tau = model === "tuned" ? 0.214 : 0.131;
      return {
        model,
        rows: 13_204,
        inputs: 1280,
        words: n,
        meanPositiveDelta: 3.41,
        meanNegativeDelta: -3.62,
        labelScale: 0.412,
        r2: { leastSquares: 0.512, ridge: 0.561 },
        ridgeStrength: 31.6,
        signAgreement: around(model === "tuned" ? 0.742 : 0.661, 0.031, n, "word"),
        kendall: (["leastSquares", "ridge"] as const).flatMap((estimator) => [
          { estimator, words: "all" as const, result: kendall(tau + (estimator === "ridge" ? 0.021 : 0), n) },
          { estimator, words: "negative" as const, result: kendall(tau / 3, Math.round(0.55 * n)) },
          { estimator, words: "positive" as const, result: kendall(tau / 4, Math.round(0.45 * n)) },
        ]),
      };
    }),
    tauDifference: (["leastSquares", "ridge"] as const).map((estimator) => ({
      estimator,
      difference: around(0.083, 0.041, n, "word"),
    })),
    onLogRatios: roles.map((model) => ({
      model,
      labelScale: 1.31,
      r2: { leastSquares: 0.183, ridge: 0.241 },
      kendall: (["leastSquares", "ridge"] as const).map((estimator) => ({
        estimator,
        result: kendall(model === "tuned" ? 0.312 : 0.304, n),
      })),
    })),
    controls: Object.entries({
      signs: 0.207,
      shuffledSizes: 0.201,
      shuffledWithinPolarity: 0.199,
      rawActivations: 0.226,
    }).flatMap(([labels, tau]) =>
      (["leastSquares", "ridge"] as const).map((estimator, i) => ({
        labels,
        estimator,
        kendall: kendall(tau + 0.08 * i, n),
      })),
    ),
    paperWords: table10.map(({ word, trueValue, rebuilt }) => {
      const row = rows.find((row) => row.word === word);
      return { word, trueValue, tuned: row?.tuned ?? null, base: row?.base ?? null, paper: rebuilt };
    }),
  };
}

export function deltas(rng: Rng): DeltaPoint[] {
  return roles.flatMap((model) =>
    Array.from({ length: 2000 }, (_, i): DeltaPoint => {
      const sign = i % 2 === 0 ? 1 : -1;
      const word = sign === 1 ? "good" : "bad";
      return { model, triple: Math.floor(i / 2), word, sign, delta: sign * Math.abs(3.4 + 1.1 * rng.normal()) };
    }),
  );
}
