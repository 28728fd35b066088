import { expect, test } from "vitest";
import { Rng } from "../../rng.js";
import type { DeltaRow, SentimentDeltas } from "./deltas.js";
import { fitProbe } from "./probe.js";
import { rebuildLexicon } from "./rebuilt-lexicon.js";

/** 200 triples of 20 words with four codes each, of which the second determines the log-ratio. */
function sample(): { deltas: SentimentDeltas; logRatios: Float64Array; lexicon: Map<string, number> } {
  const rng = Rng.fromSeed(5);
  const rows: DeltaRow[] = [];
  const codes: number[] = [];
  const paid: number[] = [];
  const lexicon = new Map<string, number>();
  for (let triple = 0; triple < 200; triple++)
    for (const sign of [1, -1] as const) {
      const number = rng.integer(10);
      const word = `${sign > 0 ? "good" : "bad"}${number}`;
      lexicon.set(word, sign * (1 + number / 10));
      rows.push({ triple, word, sign, delta: sign * (1 + rng.uniform()) });
      const own = Array.from({ length: 4 }, () => rng.normal());
      codes.push(...own);
      paid.push(0.3 * own[1] - 0.1);
    }
  return {
    deltas: { rows, codes: Float32Array.from(codes), inputs: 4 },
    logRatios: Float64Array.from(paid),
    lexicon,
  };
}

const fitting = (logRatios?: Float64Array) => ({
  layers: [{ layer: 0, dSae: 4 }],
  controls: ["signs" as const],
  rng: Rng.fromSeed(1),
  ...(logRatios && { logRatios }),
});

test("R fitted to log-ratios finds what tuning paid, and the fits beside it stay as they are", async () => {
  const { deltas, logRatios } = sample();
  const { fit, controls, ofLogRatios } = await fitProbe(deltas, fitting(logRatios));
  expect(ofLogRatios!.labels).toBe("logRatios");
  expect(ofLogRatios!.r2.leastSquares).toBeGreaterThan(0.999);
  expect(fit.r2.leastSquares).toBeLessThan(0.2);
  const [{ values }] = ofLogRatios!.probe.leastSquares.coefficients;
  expect(values[1] / ofLogRatios!.labelScale).toBeCloseTo(0.3, 4);
  expect(values[2]).toBeCloseTo(0, 4);
  const alone = await fitProbe(deltas, fitting());
  expect(alone.ofLogRatios).toBeUndefined();
  expect(fit).toEqual(alone.fit);
  expect(controls).toEqual(alone.controls);
  await expect(fitProbe(deltas, fitting(logRatios.subarray(1)))).rejects.toThrow("expected one for each of 400 rows");
});

test("for equal models R is exactly 0, whatever the scaling", async () => {
  const { deltas, lexicon } = sample();
  for (const scaling of ["largest", "percentile"] as const) {
    const { ofLogRatios } = await fitProbe(deltas, { ...fitting(new Float64Array(400)), scaling });
    expect(ofLogRatios!.r2).toEqual({ leastSquares: 0, ridge: 0 });
    const words = rebuildLexicon(ofLogRatios!, deltas, lexicon);
    expect(words).toHaveLength(20);
    for (const { leastSquares, ridge } of words) expect([leastSquares + 0, ridge + 0]).toEqual([0, 0]);
  }
});
