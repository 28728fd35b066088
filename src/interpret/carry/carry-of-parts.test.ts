import { afterAll, beforeAll, expect, test } from "vitest";
import { countStores, storedModels } from "../../../test/support/stored-pair.js";
import { tinyLlamaLike, tinyModel } from "../../../test/support/tiny-models.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { StoredModel } from "../../model/stored-model.js";
import { Rng } from "../../rng.js";
import { BetweenModels } from "./between-models.js";
import { carryOfParts, textsOfParts } from "./carry-of-parts.js";
import { modelParts } from "./model-parts.js";
import { patchParts, summarisePatches } from "./patches.js";
import { contrast, type TextPair } from "./text-pairs.js";

const pairs = Array.from(
  { length: 5 },
  (_, i): TextPair => ({ prompt: [1, i], base: [2, 3, 4 + i], tuned: [5 + i, 6] }),
);
const options = () => ({ rng: Rng.fromSeed(3, "bootstrap"), resamples: 20 });

let models: CausalLm[];
let stored: StoredModel[];
let remove: () => Promise<void>;
beforeAll(async () => {
  models = [await tinyModel({}, { seed: 1 }), await tinyModel({}, { seed: 2 })];
  ({ stored, remove } = await storedModels(models));
});
afterAll(async () => {
  await Promise.all(models.map((model) => model.dispose()));
  await remove();
});

test("parts put in place from the files give what a third model gives, with one model in memory", async () => {
  const [base, tuned] = stored;
  const texts: number[] = [];
  const counted = countStores();
  const found = await carryOfParts({ base, tuned, pairs, ...options(), onTexts: (done) => texts.push(done) });
  expect(counted.most.stores).toBe(1);
  expect(counted.now.stores).toBe(0);
  counted.restore();

  const parts = modelParts(base);
  expect(texts.at(-1)).toBe(textsOfParts(pairs.length, parts.length));
  const between = await BetweenModels.of(models[0], models[1], { trainable: false });
  const patched = await patchParts(between, parts, pairs, {});
  const ends = { contrast: { base: await contrast(models[0], pairs), tuned: await contrast(models[1], pairs) } };
  const { rng, resamples } = options();
  // The draws of the contrast of the whole come first.
  const whole = ends.contrast.tuned.map((value, i) => value - ends.contrast.base[i]);
  expect(found.contrast.value).toBeCloseTo(whole.reduce((sum, value) => sum + value, 0) / pairs.length, 12);
  for (const [i, { patched: both }] of patched.entries()) {
    const { intoBase, intoTuned } = summarisePatches(both, ends, { rng, resamples });
    expect(found.parts[i].intoBase.change.value).toBe(intoBase.change.value);
    expect(found.parts[i].intoTuned.share.value).toBe(intoTuned.share.value);
  }
  expect(new Set(found.parts.map(({ intoBase }) => intoBase.change.value)).size).toBe(parts.length);
  await between.dispose();
});

test("two families are refused", async () => {
  const llama = await storedModels([await tinyLlamaLike("llama")]);
  const refused = carryOfParts({ base: stored[0], tuned: llama.stored[0], pairs, ...options() });
  await expect(refused).rejects.toThrow("base and tuned model need the same parameters");
  await llama.remove();
});
