import { describe, expect, it } from "vitest";
import { Rng } from "../../rng.js";
import { kendallTau, leastSquares, quantile } from "../../stats/index.js";
import type { DeltaRow, SentimentDeltas } from "./deltas.js";
import { fitProbe, predict, predictRow } from "./probe.js";
import { lexiconRows, rebuildLexicon, summariseProbe, tauDifference } from "./rebuilt-lexicon.js";

const LAYERS = [
  { layer: 1, dSae: 4 },
  { layer: 3, dSae: 4 },
];
const WORDS = 30;

/**
 * 600 triples of 30 positive and 30 negative words. Word i has valence i / 10 + 0.5; feature 0 of
 * layer 1 is a positive word's valence, feature 1 of layer 3 a negative one's size, so that delta =
 * 2 x valence is linear in the codes; the rest is noise.
 */
function sample(): { deltas: SentimentDeltas; lexicon: Map<string, number> } {
  const rng = Rng.fromSeed(12);
  const lexicon = new Map<string, number>();
  for (let i = 0; i < WORDS; i++) {
    lexicon.set(`good${i}`, i / 10 + 0.5);
    lexicon.set(`bad${i}`, -i / 10 - 0.5);
  }
  const rows: DeltaRow[] = [];
  const codes: number[] = [];
  for (let triple = 0; triple < 600; triple++) {
    for (const sign of [1, -1] as const) {
      const word = `${sign > 0 ? "good" : "bad"}${rng.integer(WORDS)}`;
      const valence = lexicon.get(word)!;
      rows.push({ triple, word, sign, delta: 2 * valence });
      const noise = () => Math.max(0, rng.normal());
      codes.push(Math.max(0, valence), noise(), noise(), 0, noise(), Math.max(0, -valence), noise(), noise());
    }
  }
  return { deltas: { rows, codes: Float32Array.from(codes), inputs: 8 }, lexicon };
}

/**
 * 300 triples of ten positive and ten negative words, whose 12 codes are the word's own, drawn at
 * random, and noise.
 */
function unrelated(rng: Rng) {
  const names = Array.from({ length: 20 }, (_, i) => `word${i}`);
  const lexicon = new Map(names.map((word, i) => [word, (i < 10 ? 1 : -1) * (0.5 + rng.uniform())]));
  const means = names.map(() => Array.from({ length: 12 }, () => rng.normal()));
  const rows: DeltaRow[] = [];
  const codes: number[] = [];
  for (let triple = 0; triple < 300; triple++) {
    for (const sign of [1, -1] as const) {
      const i = (sign > 0 ? 0 : 10) + rng.integer(10);
      const own = means[i].map((mean) => Math.max(0, mean + 0.5 * rng.normal()));
      rows.push({ triple, word: names[i], sign, delta: sign * Math.hypot(...own) });
      codes.push(...own);
    }
  }
  const deltas: SentimentDeltas = { rows, codes: Float32Array.from(codes), inputs: 12 };
  const occurrences = names.map((word, i) => ({
    word,
    count: 20,
    meanCodes: Float64Array.from(means[i], (m) => Math.max(0, m)),
  }));
  return { deltas, lexicon, occurrences };
}

describe("fitProbe", () => {
  it("finds a linear rule out of fold, scales labels once, and reports figures of unscaled deltas", async () => {
    const { deltas } = sample();
    const { fit } = await fitProbe(deltas, { layers: LAYERS, rng: Rng.fromSeed(1) });
    // The largest |delta| is 2 x 3.4.
    expect(fit.labelScale).toBeCloseTo(4 / 6.8, 12);
    expect(fit.r2.leastSquares).toBeCloseTo(1, 6);
    expect(fit.r2.ridge).toBeGreaterThan(0.999);
    expect(fit.rows).toBe(1200);
    expect(fit.meanPositiveDelta).toBeGreaterThan(3);
    expect(fit.meanNegativeDelta).toBeLessThan(-3);
    const { coefficients, intercept } = fit.probe.leastSquares;
    expect(coefficients.map(({ layer }) => layer)).toEqual([1, 3]);
    expect(coefficients[0].values[0]).toBeCloseTo(2 * fit.labelScale, 4);
    expect(coefficients[1].values[1]).toBeCloseTo(-2 * fit.labelScale, 4);
    expect(coefficients[0].values[3]).toBe(0); // never active
    expect(intercept).toBeCloseTo(0, 4);
    const perLayer = [Float32Array.from([9, 9, 9, 9, 3, 0, 0, 0]), Float32Array.from([9, 9, 9, 9, 0, 0, 0, 0])];
    expect(predict(fit.probe.leastSquares, perLayer, 1)).toBeCloseTo(6 * fit.labelScale, 4);
  });

  it("fits a fold without any text in which one of its words stands", async () => {
    const { deltas } = sample();
    const { fit } = await fitProbe(deltas, { layers: LAYERS, rng: Rng.fromSeed(1) });
    expect(new Set(fit.foldOfWord.values()).size).toBe(5);
    const foldOf = deltas.rows.map(({ word }) => fit.foldOfWord.get(word)!);
    const kept = foldOf.flatMap((fold, row) => (fold === 2 || foldOf[row ^ 1] === 2 ? [] : [row]));
    const alone = leastSquares(
      kept.map((row) => deltas.codes.subarray(8 * row, 8 * row + 8)),
      kept.map((row) => deltas.rows[row].delta * fit.labelScale),
    );
    const { coefficients, intercept } = fit.foldFits.leastSquares[2];
    for (let j = 0; j < 8; j++) expect(coefficients[j]).toBeCloseTo(alone.coefficients[j], 9);
    expect(intercept).toBeCloseTo(alone.intercept, 9);
    const row = foldOf.indexOf(2);
    const predicted = predictRow(fit.foldFits.leastSquares[2], deltas.codes.subarray(8 * row, 8 * row + 8));
    expect(fit.outOfFold[row].leastSquares).toBe(predicted);
    expect(fit.outOfFold).toHaveLength(1200);
  });

  it("splits rows without regard to words or triples where asked to, each row left out once", async () => {
    const { deltas } = sample();
    const { fit } = await fitProbe(deltas, { layers: LAYERS, split: "row", rng: Rng.fromSeed(1) });
    expect(fit.foldOfWord.size).toBe(0);
    expect(fit.outOfFold).toHaveLength(1200);
    // 240 rows are left out of each fold; with the rows of the same words in training a word's own
    // effect is fitted as well.
    const words = rebuildLexicon(fit, deltas, sample().lexicon);
    expect(words).toHaveLength(60);
    expect(fit.r2.leastSquares).toBeCloseTo(1, 6);
    const { coefficients } = fit.foldFits.leastSquares[0];
    expect(coefficients[0]).toBeCloseTo(2 * fit.labelScale, 4);
  });

  it("scales labels between percentiles, clamped, and keeps scale and offset", async () => {
    const { deltas } = sample();
    const { fit } = await fitProbe(deltas, { layers: LAYERS, scaling: "percentile", rng: Rng.fromSeed(1) });
    const sorted = deltas.rows.map(({ delta }) => delta).sort((a, b) => a - b);
    const [low, high] = [quantile(sorted, 0.1), quantile(sorted, 0.9)];
    const { labelScale, labelOffset } = fit.probe.leastSquares;
    expect(labelScale * low + labelOffset).toBeCloseTo(-4, 12);
    expect(labelScale * high + labelOffset).toBeCloseTo(4, 12);
    // Clamped labels are no longer linear in the codes.
    expect(fit.r2.leastSquares).toBeLessThan(0.999);
    expect(fit.r2.leastSquares).toBeGreaterThan(0.9);
  });

  it("puts words that codes say nothing about neither with nor against the truth", { timeout: 120_000 }, async () => {
    // Twenty words with different codes and random signs, so that folds differ in the signs they
    // leave out.
    const taus = await Promise.all(
      Array.from({ length: 100 }, async (_, seed) => {
        const { deltas, lexicon, occurrences } = unrelated(Rng.fromSeed(seed, "unrelated"));
        const { fit } = await fitProbe(deltas, { layers: [{ layer: 0, dSae: 12 }], rng: Rng.fromSeed(seed) });
        const words = rebuildLexicon(fit, deltas, lexicon, occurrences);
        return kendallTau(
          words.map(({ ridge }) => ridge),
          words.map(({ trueValue }) => trueValue),
        ).tau;
      }),
    );
    const mean = taus.reduce((sum, tau) => sum + tau, 0) / taus.length;
    const error = Math.sqrt(taus.reduce((sum, tau) => sum + (tau - mean) ** 2, 0)) / taus.length;
    expect(Math.abs(mean)).toBeLessThan(2.6 * error);
  });

  it("does not explain words that it was not fitted on when codes say nothing but the word", async () => {
    // One input per word: perfect in training, useless out of fold.
    const { deltas } = sample();
    const names = [...new Set(deltas.rows.map(({ word }) => word))];
    const codes = new Float32Array(deltas.rows.length * names.length);
    for (const [row, { word }] of deltas.rows.entries()) codes[row * names.length + names.indexOf(word)] = 1;
    const { fit } = await fitProbe(
      { rows: deltas.rows, codes, inputs: names.length },
      { layers: [{ layer: 0, dSae: names.length }], rng: Rng.fromSeed(1) },
    );
    expect(fit.r2.leastSquares).toBeLessThan(0.05);
    expect(fit.r2.ridge).toBeLessThan(0.05);
  });

  it("fits controls on the same folds", async () => {
    const { deltas, lexicon } = sample();
    const { fit, controls } = await fitProbe(deltas, {
      layers: LAYERS,
      controls: ["signs", "shuffledSizes", "shuffledWithinPolarity"],
      rng: Rng.fromSeed(1),
    });
    expect(controls.map(({ labels }) => labels)).toEqual(["signs", "shuffledSizes", "shuffledWithinPolarity"]);
    expect(controls[0].labelScale).toBe(4);
    for (const control of controls) {
      expect(control.foldOfWord).toBe(fit.foldOfWord);
      // The activations determine signs but not absolute values: worse than the deltas, better than
      // chance.
      expect(control.r2.ridge).toBeLessThan(0.95);
      expect(control.r2.ridge).toBeGreaterThan(0.3);
    }
    expect(rebuildLexicon(controls[0], deltas, lexicon).length).toBeGreaterThan(40);
  });

  it("refuses rows that do not fit and triples that cannot be tested", async () => {
    const { deltas } = sample();
    const options = { layers: LAYERS, rng: Rng.fromSeed(1) };
    await expect(fitProbe({ ...deltas, inputs: 7 }, options)).rejects.toThrow("rows of 7");
    const two = { rows: deltas.rows.slice(0, 2), codes: deltas.codes.subarray(0, 16), inputs: 8 };
    await expect(fitProbe(two, options)).rejects.toThrow("leaving out the words of one fold leaves none of 2");
  });
});

describe("rebuildLexicon", () => {
  it("is the mean of R over tested rows and further occurrences", async () => {
    const { deltas, lexicon } = sample();
    const { fit } = await fitProbe(deltas, { layers: LAYERS, rng: Rng.fromSeed(1) });
    lexicon.set("unseen", 1);
    const at = (valence: number) => Float64Array.from([valence, 0, 0, 0, 0, 0, 0, 0]);
    const own = deltas.rows.filter(({ word }) => word === "good7");
    const words = rebuildLexicon(fit, deltas, lexicon, [
      { word: "good7", count: own.length, meanCodes: at(3.4) },
      { word: "unseen", count: 5, meanCodes: at(1) },
      { word: "notInLexicon", count: 5, meanCodes: at(1) },
    ]);
    const find = (word: string) => words.find((entry) => entry.word === word);
    // R is 1.2 at half of the occurrences and 3.4 at the others; it doubles and scales.
    expect(find("good7")?.leastSquares).toBeCloseTo(2.3 * 2 * fit.labelScale, 3);
    expect(find("good7")?.occurrences).toBe(2 * own.length);
    expect(find("unseen")).toMatchObject({ trueValue: 1, occurrences: 5 });
    expect(find("unseen")?.leastSquares).toBeCloseTo(2 * fit.labelScale, 3);
    expect(find("notInLexicon")).toBeUndefined();
  });

  it("is compared with the true lexicon by rank and sign", async () => {
    const { deltas, lexicon } = sample();
    const { fit } = await fitProbe(deltas, { layers: LAYERS, rng: Rng.fromSeed(1) });
    const words = rebuildLexicon(fit, deltas, lexicon);
    const summary = summariseProbe(fit, words, { rng: Rng.fromSeed(2) });
    expect(summary.words).toBe(words.length);
    expect(summary.signAgreement).toMatchObject({ value: 1, low: 1, high: 1, n: words.length, unit: "word" });
    expect(summary.kendall).toHaveLength(6);
    const all = summary.kendall.find(({ estimator, words: set }) => estimator === "leastSquares" && set === "all");
    expect(all?.result.tau.value).toBeGreaterThan(0.99);
    expect(all?.result.distance).toBeLessThan(0.01);
    expect(all?.result.pValue).toBeLessThan(1e-6);

    const reversed = words.map((word) => ({ ...word, leastSquares: -word.leastSquares }));
    const [leastSquares, ridge] = tauDifference(words, reversed, { rng: Rng.fromSeed(3) });
    expect(leastSquares.difference.value).toBeCloseTo(2 * all!.result.tau.value, 10);
    expect(ridge.difference).toMatchObject({ value: 0, low: 0, high: 0 });
  });

  it("puts both models side by side", () => {
    const word = (name: string, value: number) => ({
      word: name,
      trueValue: 1,
      leastSquares: value,
      ridge: value / 2,
      occurrences: 3,
    });
    expect(lexiconRows([word("b", 2), word("c", 4)], [word("a", 6), word("b", 8)])).toEqual([
      {
        word: "a",
        trueValue: 1,
        tuned: null,
        tunedRidge: null,
        tunedOccurrences: 0,
        base: 6,
        baseRidge: 3,
        baseOccurrences: 3,
      },
      {
        word: "b",
        trueValue: 1,
        tuned: 2,
        tunedRidge: 1,
        tunedOccurrences: 3,
        base: 8,
        baseRidge: 4,
        baseOccurrences: 3,
      },
      {
        word: "c",
        trueValue: 1,
        tuned: 4,
        tunedRidge: 2,
        tunedOccurrences: 3,
        base: null,
        baseRidge: null,
        baseOccurrences: 0,
      },
    ]);
  });
});
