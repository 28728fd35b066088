import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { fakeModel } from "../../test/support/fake-language-model.js";
import { Autoencoder } from "./autoencoder.js";
import { figuresOf, measureTexts } from "./text-reconstruction.js";

// Activations of token t: [t, 0]. The first autoencoder reconstructs half of them; the second all
// of them, if its one code is kept.
const model = fakeModel({ vocabSize: 10, dModel: 2, mlpOutput: (_, tokens) => [tokens.at(-1)!, 0] });
const weights = {
  ...{ dIn: 2, dSae: 2, bEnc: new Float32Array(2), bDec: new Float32Array(2), applyBDecToInput: false },
  wDec: Float32Array.of(1, 0, 0, 1),
};
const half = new Autoencoder({ ...weights, wEnc: Float32Array.of(0.5, 0, 0, 1) }, { layer: 2, tied: false });
const whole = new Autoencoder({ ...weights, wEnc: Float32Array.of(1, 0.5, 0, 0), k: 1 }, { layer: 3, tied: false });
const texts = [[0, 2], [4, 0, 2, 4], []];

test("figures by hand, of all texts and of some", async () => {
  const done: number[][] = [];
  const [first, second] = await measureTexts(model, [half, whole], texts, {
    batchTexts: 1,
    onBatch: (batch, all) => done.push([batch, all]),
  });
  expect(first.texts).toEqual([
    { tokens: 2, nonZero: 1, squaredError: 1, sum: 2, squares: 4 },
    { tokens: 4, nonZero: 3, squaredError: 9, sum: 10, squares: 36 },
  ]);
  const all = figuresOf(first, [0, 1]);
  expectClose([all.l0, all.normalisedMse, all.variance], [4 / 6, 10 / (40 - 12), 28 / 12], 1e-12);
  const drawn = figuresOf(first, [0, 0]);
  expectClose([drawn.l0, drawn.normalisedMse], [0.5, 2 / (8 - 2)], 1e-12);
  expectClose([first.explainedVariance, first.deadFeatures], [1 - 10 / (40 - 24), 1], 1e-12);
  expect(figuresOf(second, [0, 1])).toMatchObject({ l0: 4 / 6, normalisedMse: 0 });
  expect(second.deadFeatures).toBe(1);
  expect(done).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test("nothing to measure, and stopped", async () => {
  await expect(measureTexts(model, [half], [[]])).rejects.toThrow("expected held-out texts with tokens, received none");
  const signal = AbortSignal.abort(new Error("stopped"));
  await expect(measureTexts(model, [half], texts, { signal })).rejects.toThrow("stopped");
});
