import { afterAll, expect, test } from "vitest";
import { tinyModel } from "../../../../test/support/tiny-models.js";
import type { CausalLm } from "../../../model/causal-lm.js";
import { copyModel } from "../../../model/load.js";
import { Rng } from "../../../rng.js";
import { Autoencoder } from "../../../sae/index.js";
import { contrast, type TextPair } from "../text-pairs.js";
import type { SharedDictionary } from "./exchange.js";
import { type Interchange, type InterchangeOptions, interchange, interchangeTexts } from "./interchange.js";

const base = await tinyModel({ initializerRange: 0.2 });
const { dModel } = base.config;
const dSae = 2 * dModel;
const models: CausalLm[] = [base];
afterAll(() => Promise.all(models.map((model) => model.dispose())));

/** Features along both directions of each axis: f_i = relu(x_i), f_(d+i) = relu(-x_i); no error. */
const dictionaries: SharedDictionary[] = [0, 1].map((layer) => {
  const [wEnc, wDec] = [new Float32Array(dModel * dSae), new Float32Array(dSae * dModel)];
  for (let i = 0; i < dModel; i++)
    for (const [feature, sign] of [
      [i, 1],
      [dModel + i, -1],
    ]) {
      wEnc[i * dSae + feature] = sign;
      wDec[feature * dModel + i] = sign;
    }
  const weights = { wEnc, wDec, bEnc: new Float32Array(dSae), bDec: new Float32Array(dModel) };
  const given = { dIn: dModel, dSae, ...weights, applyBDecToInput: false };
  return { layer, dictionary: new Autoencoder(given, { layer, tied: true }) };
});

/** The base model with the last layer's MLP output moved along one axis at every position. */
async function movedAlong(axis: number, by: number): Promise<CausalLm> {
  const tuned = await copyModel(base);
  models.push(tuned);
  const name = "gpt_neox.layers.1.mlp.dense_4h_to_h.bias";
  const { data } = await base.parameter(name);
  data[axis] += by;
  await tuned.store.write(name, data);
  return tuned;
}

const pairs: TextPair[] = Array.from({ length: 8 }, (_, i) => ({
  prompt: [1, i],
  base: [2, 3 + (i % 3), 4 + i],
  tuned: [5 + i, 6, (7 * i) % 23],
}));

const options = (tuned: CausalLm): InterchangeOptions => ({
  ...{ base, tuned, dictionaries, pairs },
  counts: [1, 10, 1000],
  rng: Rng.fromSeed(3, "interchange"),
  resamples: 40,
});

const shareOf = ({ sets }: Interchange, of: string, chosen: number) =>
  sets.find((one) => one.set === of && one.chosen === chosen)!;

test("a change along one axis: two features carry all of it both ways, as does the mean difference, and controls nothing", async () => {
  const axis = 5;
  const tuned = await movedAlong(axis, 3);
  const read: number[] = [];
  let total = 0;
  const { summary, ranked } = await interchange({
    ...options(tuned),
    onTexts: (done, all) => {
      read.push(done);
      total = all;
    },
  });
  const active = ranked.filter(({ size }) => size > 0);
  expect(active.map(({ layer, feature }) => [layer, feature % dModel])).toEqual(active.map(() => [1, axis]));
  expect(summary.prompts).toEqual({ choosing: 4, measuring: 4 });
  expect(summary.features).toBe(2 * dSae);
  expect([...new Set(summary.sets.map(({ chosen }) => chosen))]).toEqual([1, 10]);
  for (const way of ["intoBase", "intoTuned"] as const) {
    for (const { of, ...shares } of summary.wholes)
      expect(shares[way].value, of).toBeCloseTo(of === "error" ? 0 : 1, 4);
    expect(shareOf(summary, "chosen", 10)[way].value).toBeCloseTo(1, 4);
    for (const control of ["random", "frequency", "size"])
      expect(Math.abs(shareOf(summary, control, 10)[way].value), control).toBeLessThan(1e-4);
  }
  expect(shareOf(summary, "chosen", 10).size).toBeCloseTo(1, 6);
  // A dose equals the model that was moved by this share.
  const measured = pairs.filter((_, i) => i % 2 === 1);
  const meanOf = async (model: CausalLm) =>
    (await contrast(model, measured)).reduce((sum, value) => sum + value, 0) / measured.length;
  const [start, end, quarter] = [await meanOf(base), await meanOf(tuned), await meanOf(await movedAlong(axis, 0.75))];
  expect(summary.contrast.value).toBeCloseTo(end - start, 4);
  expect(summary.doses[0].intoBase.value).toBeCloseTo((quarter - start) / (end - start), 4);
  expect(summary.doses[2].intoTuned.value).toBeCloseTo((end - quarter) / (end - start), 4);
  expect(summary.doses.map(({ dose }) => dose)).toEqual([0.25, 0.5, 0.75, 1.25]);
  expect(read).toEqual(read.toSorted((a, b) => a - b));
  expect([read.at(-1), total]).toEqual([interchangeTexts(8, 2), interchangeTexts(8, 2)]);
  expect((await interchange(options(tuned))).summary).toEqual(summary);
});

test("a model against itself: every share is 0", async () => {
  const { summary, ranked } = await interchange(options(base));
  const shares = [...summary.sets, ...summary.wholes, ...summary.doses].flatMap(({ intoBase, intoTuned }) =>
    [intoBase, intoTuned].flatMap(({ value, low, high }) => [value, low, high]),
  );
  expect(shares.length).toBeGreaterThan(50);
  expect(shares.filter((value) => value !== 0)).toEqual([]);
  expect(summary.sets.filter(({ size }) => size !== 0)).toEqual([]);
  expect(summary.contrast).toMatchObject({ value: 0, low: 0, high: 0 });
  expect(ranked.filter(({ attribution, size }) => attribution !== 0 || size !== 0)).toEqual([]);
});
