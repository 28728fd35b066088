import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { fakeModel } from "../../test/support/fake-language-model.js";
import { tinyModel } from "../../test/support/tiny-models.js";
import { Autoencoder } from "./autoencoder.js";
import { measureQuality } from "./quality.js";

test("figures by hand", async () => {
  // Activations of token t at layer 2: [t, 0]. The autoencoder reconstructs half of them, and has a
  // feature that is never active.
  const model = {
    ...fakeModel({ vocabSize: 10, dModel: 2, mlpOutput: (_, tokens) => [tokens.at(-1)!, 0] }),
    logProbs: async ({ inputIds }: { inputIds: readonly (readonly number[])[] }, { edits = [] } = {}) => {
      const [edit] = edits as { dictionary: { dSae: number } }[];
      const loss = edit === undefined ? 1 : edit.dictionary.dSae === 1 ? 3 : 1.5;
      // Rows are padded on the left; there is no prediction at padding.
      const length = Math.max(...inputIds.map((row) => row.length));
      const data = inputIds.flatMap((row) =>
        Array.from({ length: length - 1 }, (_, t) => (t < length - row.length ? 0 : -loss)),
      );
      return { dims: [inputIds.length, length - 1], data: Float32Array.from(data) };
    },
  };
  const autoencoder = new Autoencoder(
    {
      ...{ dIn: 2, dSae: 2, wEnc: Float32Array.of(0.5, 0, 0, 1), bEnc: new Float32Array(2) },
      ...{ wDec: Float32Array.of(1, 0, 0, 1), bDec: new Float32Array(2), applyBDecToInput: false },
    },
    { layer: 2, tied: false },
  );
  const done: number[][] = [];
  const options = { batchTexts: 1, onBatch: (batch: number, all: number) => done.push([batch, all]) };
  const [quality] = await measureQuality(
    model,
    [autoencoder],
    [
      [0, 2],
      [4, 0, 2, 4],
    ],
    options,
  );
  // 6 tokens: 0 2 4 0 2 4, so half of them minus themselves squared: 2 * (0 + 1 + 4) = 10.
  const squares = 40;
  expect(quality).toEqual({
    ...{ layer: 2, dIn: 2, dSae: 2, tokens: 6, l0: 4 / 6, deadFeatures: 1 },
    // All 12 values have the sum 12; the mean vector is [2, 0].
    normalisedMse: 10 / (squares - 12),
    explainedVariance: 1 - 10 / (squares - 24),
    ...{ loss: { original: 1, spliced: 1.5, zeroed: 3 }, lossRecovered: 0.75 },
  });
  expect(done).toEqual([
    [1, 2],
    [2, 2],
  ]);
  await expect(measureQuality(model, [autoencoder], [[1], []])).rejects.toThrow(
    /expected held-out texts of at least two tokens, received none/,
  );
});

test("on a real model: a perfect autoencoder changes nothing, an empty one is as bad as zeros", async () => {
  const model = await tinyModel();
  const { dModel } = model.config;
  const dSae = 2 * dModel;
  // Features e_i and -e_i: relu(x) e_i + relu(-x) (-e_i) = x.
  const wEnc = new Float32Array(dModel * dSae);
  const wDec = new Float32Array(dSae * dModel);
  for (let i = 0; i < dModel; i++) {
    wEnc[i * dSae + i] = wDec[i * dModel + i] = 1;
    wEnc[i * dSae + dModel + i] = wDec[(dModel + i) * dModel + i] = -1;
  }
  const zeros = { wEnc: new Float32Array(wEnc.length), bEnc: new Float32Array(dSae), bDec: new Float32Array(dModel) };
  const sizes = { dIn: dModel, dSae, applyBDecToInput: false };
  const perfect = new Autoencoder({ ...sizes, ...zeros, wEnc, wDec }, { layer: 0, tied: false });
  const empty = new Autoencoder({ ...sizes, ...zeros, wDec }, { layer: 1, tied: false });
  const texts = [[1, 2, 3, 4, 5], [6, 7, 8], [9, 10, 11, 12, 13, 14, 15], [16], [17, 18]];
  const [good, bad] = await measureQuality(model, [perfect, empty], texts, { batchTexts: 2 });

  // The loss once more, text by text.
  let sum = 0;
  for (const text of texts.filter(({ length }) => length > 1)) {
    const { data } = await model.logProbs({ inputIds: [text] });
    for (const value of data) sum -= value;
  }
  expectClose([good.loss.original, good.loss.spliced], [sum / 13, sum / 13], 1e-5, "loss");
  expectClose([good.l0, good.normalisedMse, good.explainedVariance, good.lossRecovered], [16, 0, 1, 1], 1e-5);
  expect(good.tokens).toBe(18);
  expect(Math.abs(good.loss.zeroed - good.loss.original)).toBeGreaterThan(0.01);

  expect(bad.deadFeatures).toBe(dSae);
  expectClose([bad.l0, bad.loss.spliced, bad.lossRecovered], [0, bad.loss.zeroed, 0], 1e-5);
  expect(bad.normalisedMse).toBeGreaterThanOrEqual(1);
});
