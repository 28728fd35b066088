import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { FeatureDictionary } from "../dictionary/dictionary.js";
import type { DictionaryKind } from "../dictionary/kind.js";
import { Rng } from "../rng.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { Autoencoder } from "./autoencoder.js";
import { ReconstructionSums } from "./reconstruction-sums.js";
import { DecoderRefit } from "./refit-decoder.js";

const [dIn, dSae, tokens] = [3, 4, 400];
const rng = Rng.fromSeed(1, "refit");
const draw = (length: number) => Float32Array.from({ length }, () => rng.normal());
const x: FloatTensor = { dims: [tokens, dIn], data: draw(tokens * dIn) };

function dictionary(kind: DictionaryKind): FeatureDictionary {
  const weights = { wEnc: draw(dIn * dSae), bEnc: draw(dSae), wDec: draw(dSae * dIn), bDec: draw(dIn) };
  return new FeatureDictionary({ dIn, dSae, ...weights, applyBDecToInput: false, kind });
}

async function errorOf(weights: FeatureDictionary): Promise<{ error: number; codes: FloatTensor }> {
  const autoencoder = new Autoencoder(weights, { layer: 0, tied: false });
  const codes = await autoencoder.encode(x);
  const sums = new ReconstructionSums(dIn, dSae);
  sums.add(x, codes, await autoencoder.decode(codes));
  return { error: sums.quality().normalisedMse, codes };
}

test.each<DictionaryKind>([{ name: "relu" }, { name: "jumprelu", threshold: Float32Array.of(0.1, 0.5, 0, 0.3) }])(
  "of $name: no decoder and bias near the fitted ones has less error, the same features are active",
  async (kind) => {
    const given = dictionary(kind);
    const before = await errorOf(given);
    const refit = new DecoderRefit(given);
    refit.add(x, before.codes);
    const fitted = refit.refitted();
    const after = await errorOf(fitted);
    expect(after.error).toBeLessThan(before.error);
    for (let row = 0; row < dSae; row++)
      expect(Math.hypot(...fitted.wDec.subarray(row * dIn, (row + 1) * dIn))).toBeCloseTo(1, 5);
    expectClose(
      after.codes.data.map((code) => Number(code > 0)),
      before.codes.data.map((code) => Number(code > 0)),
      0,
    );
    for (const weight of ["wDec", "bDec"] as const)
      for (const step of [-0.05, 0.05]) {
        const moved = new FeatureDictionary({
          ...fitted,
          [weight]: fitted[weight].map((v, i) => (i === 1 ? v + step : v)),
        });
        expect((await errorOf(moved)).error).toBeGreaterThan(after.error);
      }
  },
);

test("a feature that is never active keeps its direction; top-k is refused", async () => {
  const given = dictionary({ name: "relu" });
  given.bEnc[2] = -100;
  given.wDec.set([0, 0.6, 0.8], 2 * dIn);
  const refit = new DecoderRefit(given);
  refit.add(x, (await errorOf(given)).codes);
  expectClose(refit.refitted().wDec.subarray(2 * dIn, 3 * dIn), [0, 0.6, 0.8], 1e-6);
  const topK = dictionary({ name: "topk", k: 2 });
  const refused = new DecoderRefit(topK);
  refused.add(x, (await errorOf(topK)).codes);
  expect(() => refused.refitted()).toThrow("refit of a decoder: not for dictionaries of kind topk");
});
