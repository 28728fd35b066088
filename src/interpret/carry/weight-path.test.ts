import { afterAll, expect, test } from "vitest";
import { tinyGptNeo, tinyModel } from "../../../test/support/tiny-models.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { copyModel } from "../../model/load.js";
import { Rng } from "../../rng.js";
import { BetweenModels } from "./between-models.js";
import { modelParts } from "./model-parts.js";
import { contrast, type TextPair } from "./text-pairs.js";
import { weightPath } from "./weight-path.js";

const models: { dispose(): Promise<void> }[] = [];
afterAll(() => Promise.all(models.map((model) => model.dispose())));

const pairs: TextPair[] = Array.from({ length: 11 }, (_, i) => ({
  prompt: [1, 2 + i, 3],
  base: [4, 5 + (i % 3), 6],
  tuned: [7 + i, 8, 9, 10].slice(0, 1 + (i % 4)),
}));

/** The model with normal noise added to every weight. */
async function moved(model: CausalLm, scale: number): Promise<CausalLm> {
  const copy = await copyModel(model);
  const rng = Rng.fromSeed(3, "noise");
  for (const name of copy.parameterNames) {
    const { data } = await copy.parameter(name);
    await copy.store.write(
      name,
      data.map((value) => value + scale * rng.normal()),
    );
  }
  return copy;
}

async function pairOf(make: typeof tinyModel | typeof tinyGptNeo, scale: number) {
  const base = await make({ initializerRange: 0.2 });
  const tuned = await moved(base, scale);
  const between = await BetweenModels.of(base, tuned);
  models.push(base, tuned, between);
  return { base, tuned, between };
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

test.each([
  ["GPT-NeoX", tinyModel],
  ["GPT-Neo", tinyGptNeo],
])("what the weights of %s carry adds up to the contrast, and over units to their tensors", async (_, make) => {
  const { base, tuned, between } = await pairOf(make, 0.05);
  const whole = meanOf(await contrast(tuned, pairs)) - meanOf(await contrast(base, pairs));
  const path = await weightPath(between, pairs, { points: 8 });
  expect(Math.abs(whole)).toBeGreaterThan(0.01);
  expect(Math.abs(path.sum - whole)).toBeLessThan(0.001 * Math.abs(whole));
  expect(path.batches).toEqual([4, 4, 3]);
  for (const { value, ofBatches } of path.tensors)
    expect(value).toBeCloseTo((ofBatches[0] + ofBatches[1] + ofBatches[2]) / pairs.length, 12);
  const { nLayers, nHeads, dMlp, vocabSize } = base.config;
  const sizes = path.units.map(({ kind, layer, values }) => [kind, layer, values.length]);
  expect(sizes).toHaveLength(1 + 2 * nLayers);
  expect(sizes).toContainEqual(["token", null, vocabSize]);
  for (const { kind, layer, values } of path.units) {
    expect(values).toHaveLength({ head: nHeads, neuron: dMlp, token: vocabSize, keyValueHead: 0 }[kind]);
    const own = path.tensors.filter(({ role }) => role.units?.kind === kind && (role.layer ?? null) === layer);
    const sum = own.reduce((total, { value }) => total + value, 0);
    expect(values.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 6);
  }
});

test("near the base model a tensor carries what putting it in place changes", async () => {
  // The contrast is nearly linear over such a small step, so its change can be measured directly.
  const { base, between } = await pairOf(tinyModel, 2e-4);
  const before = meanOf(await contrast(base, pairs));
  const path = await weightPath(between, pairs, { points: 2 });
  const parts = modelParts(base);
  expect(parts).toHaveLength(1 + 2 * 2 + 1 + 1);
  expect(parts.flatMap(({ parameters }) => parameters).sort()).toEqual([...base.parameterNames].sort());
  for (const { parameters } of parts) {
    await between.put("base", parameters);
    const change = meanOf(await contrast(between.model, pairs)) - before;
    const carried = path.tensors.filter(({ name }) => parameters.includes(name));
    expect(carried.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(change, 4);
  }
  // More than rounding: the parts differ among themselves by more than the tolerance.
  expect(Math.max(...path.tensors.map(({ value }) => Math.abs(value)))).toBeGreaterThan(5e-4);
});

test("a model against itself carries nothing, and the ends of the line are the models to the bit", async () => {
  const base = await tinyModel();
  const tuned = await moved(base, 0.05);
  const same = await BetweenModels.of(base, base);
  const between = await BetweenModels.of(base, tuned);
  models.push(base, tuned, same, between);
  const path = await weightPath(same, pairs, { points: 3 });
  expect(path.sum).toBe(0);
  expect(path.units.every(({ values }) => values.every((value) => value === 0))).toBe(true);

  const input = { inputIds: pairs.map(({ prompt }) => [...prompt]) };
  const logits = async (model: CausalLm) => (await model.forward(input)).logits.data;
  const [ofBase, ofTuned] = [await logits(base), await logits(tuned)];
  expect(ofBase).not.toEqual(ofTuned);
  for (const [dose, expected] of [
    [0, ofBase],
    [1, ofTuned],
  ] as const) {
    await between.setDose(0.3);
    await between.setDose(dose);
    expect(await logits(between.model)).toEqual(expected);
  }
  await between.put("tuned", base.parameterNames);
  expect(await logits(between.model)).toEqual(ofBase);
  await between.put("base", []);
  expect(await logits(between.model)).toEqual(ofBase);
});

test("models of another shape are refused by the parameter's name", async () => {
  const [base, tuned] = [await tinyModel(), await tinyModel({ dMlp: 20 })];
  models.push(base, tuned);
  await expect(BetweenModels.of(base, tuned)).rejects.toThrow(
    /dense_h_to_4h.weight.*base \[24, 16\], tuned \[20, 16\]/,
  );
});
