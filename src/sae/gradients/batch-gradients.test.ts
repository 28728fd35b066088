import { expect, test } from "vitest";
import { expectClose } from "../../../test/support/expect-close.js";
import type { KindSettings } from "../../dictionary/kind.js";
import { Rng } from "../../rng.js";
import { sharedEngine } from "../../runtime/engine.js";
import type { ParameterStore } from "../../runtime/parameter-store.js";
import { elementCount, type FloatTensor } from "../../runtime/tensor.js";
import { type AutoencoderShape, autoencoderLayout } from "../autoencoder-graph.js";
import { BatchGradients, type Revival } from "./batch-gradients.js";
import { TrainingPrograms } from "./training-programs.js";

const engine = sharedEngine();
const programs = new TrainingPrograms(engine);
const weights = { error: 0.013, sparsity: 0.5 };

interface Case {
  tokens: number;
  dIn: number;
  dSae: number;
  kind: KindSettings;
  tied?: boolean;
  freeEncoder?: boolean;
  /** Of the encoder's bias; -2 leaves about 8% of the pre-activations positive. */
  bias?: number;
  dead?: Omit<Revival, "features"> & { every: number };
}

/** Random parameters and activations; the same for the same sizes. */
async function prepared({ tokens, dIn, dSae, kind, tied = true, freeEncoder, bias = 0, dead }: Case) {
  const rng = Rng.fromSeed(5, "sparse");
  const draw = (dims: readonly number[], mean = 0): FloatTensor => ({
    dims,
    data: Float32Array.from({ length: elementCount(dims) }, () => mean + rng.normal()),
  });
  const shape: AutoencoderShape = { name: "a", dIn, dSae, tied, freeEncoder, kind };
  const store = await engine.createStore(autoencoderLayout(shape), { trainable: true });
  for (const { name, dims } of autoencoderLayout(shape))
    await store.write(name, draw(dims, name === "a.encoderBias" ? bias : 0).data);
  const features = Float32Array.from({ length: dSae }, (_, i) => Number(i % (dead?.every ?? 1) === 0));
  return { shape, store, x: draw([tokens, dIn]), revivals: dead && [{ ...dead, features }] };
}

/** The dense graph's results, whatever is active. */
async function dense({ shape, store, x, revivals }: Awaited<ReturnType<typeof prepared>>) {
  return new BatchGradients([{ ...shape }], store, programs, true).dense([0], x, weights, revivals);
}

const gradientsOf = async (store: ParameterStore): Promise<Float32Array[]> =>
  Promise.all(store.names.map(async (name) => (await store.read(name, "gradients")).data));

const topK = (k: number): KindSettings => ({ name: "topk", k });
const batchTopK = (k: number): KindSettings => ({ name: "batchtopk", k });
const relu: KindSettings = { name: "relu", l1Coef: 0.7 };
const usual = { tokens: 300, dIn: 64, dSae: 160 };

const cases: Readonly<Record<string, Case>> = {
  "top-k": { ...usual, kind: topK(5) },
  "top-k, untied": { ...usual, kind: topK(5), tied: false },
  "batch top-k": { ...usual, kind: batchTopK(5) },
  "batch top-k, untied": { ...usual, kind: batchTopK(5), tied: false },
  "batch top-k, a free encoder": { ...usual, kind: batchTopK(5), tied: false, freeEncoder: true },
  "odd sizes, a free encoder": { tokens: 7, dIn: 13, dSae: 27, kind: topK(3), tied: false, freeEncoder: true },
  "ReLU with few active, a free encoder": { ...usual, kind: relu, bias: -16, tied: false, freeEncoder: true },
  "ReLU with few active": { ...usual, kind: relu, bias: -2 },
  "ReLU with few active, untied": { ...usual, kind: relu, bias: -2, tied: false },
  "odd sizes": { tokens: 7, dIn: 13, dSae: 27, kind: topK(3) },
  "odd sizes, untied": { tokens: 7, dIn: 3, dSae: 5, kind: batchTopK(2), tied: false },
  "one token of one dimension": { tokens: 1, dIn: 1, dSae: 1, kind: topK(1), tied: false },
  "all active": { tokens: 20, dIn: 16, dSae: 24, kind: topK(24), bias: 100 },
  "all of a batch active": { tokens: 20, dIn: 16, dSae: 24, kind: batchTopK(24), bias: 100 },
  "none active": { tokens: 20, dIn: 16, dSae: 24, kind: topK(4), bias: -100 },
  "none active of a batch": { tokens: 20, dIn: 16, dSae: 24, kind: batchTopK(4), bias: -100 },
  "ReLU with none active": { tokens: 20, dIn: 16, dSae: 24, kind: relu, bias: -100 },
  "more features kept than dimensions": { tokens: 20, dIn: 4, dSae: 40, kind: topK(9) },
  "all dead features count": { ...usual, kind: topK(5), dead: { every: 9, kept: 18, weight: 0.004 } },
  "the largest dead features count": { ...usual, kind: batchTopK(5), dead: { every: 2, kept: 6, weight: 0.004 } },
  "dead features, a free encoder": {
    ...usual,
    ...{ kind: topK(5), tied: false, freeEncoder: true, dead: { every: 3, kept: 6, weight: 0.004 } },
  },
  "dead features, untied": { ...usual, kind: topK(5), tied: false, dead: { every: 3, kept: 6, weight: 0.004 } },
};

test.each(Object.entries(cases))("%s: sums and gradients are those of the dense graph", async (_name, one) => {
  const given = await prepared(one);
  const { shape, store, x, revivals } = given;
  const [expected] = await dense(given);
  const expectedGradients = await gradientsOf(store);
  for (const name of store.names)
    await store.write(name, new Float32Array(elementCount(store.dims(name))), "gradients");
  const gradients = new BatchGradients([shape], store, programs, true);
  const [sums] = await gradients.of(x, weights, revivals);
  expectClose([sums.squaredError, sums.l1], [expected.squaredError, expected.l1], 1e-5);
  expect([sums.l0, Array.from(sums.fired!, Number)]).toEqual([expected.l0, Array.from(expected.fired!, Number)]);
  expectClose(Object.values(sums.observed), Object.values(expected.observed), 1e-6);
  (await gradientsOf(store)).forEach((gradient, i) => {
    const largest = expectedGradients[i].reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
    const worst = gradient.reduce((most, value, at) => Math.max(most, Math.abs(value - expectedGradients[i][at])), 0);
    expect(worst / largest, store.names[i]).toBeLessThan(1e-5);
  });
  await store.drop();
});

test("of ReLU the batch's own share of active codes decides, whatever the batch before", async () => {
  const { shape, store, x } = await prepared({ ...usual, kind: relu, bias: -2 });
  const many = { dims: x.dims, data: x.data.map((value) => 4 * value) };
  const sequence = async (batches: FloatTensor[]) => {
    const gradients = new BatchGradients([shape], store, programs, false);
    const shares: number[] = [];
    for (const batch of batches) shares.push((await gradients.of(batch, weights))[0].l0 / (300 * 160));
    return { shares, gradients: await gradientsOf(store) };
  };
  for (const [first, last] of [
    [x, many],
    [many, x],
  ]) {
    const after = await sequence([first, last, first, last]);
    expect(Math.min(...after.shares)).toBeLessThan(0.1);
    expect(Math.max(...after.shares)).toBeGreaterThan(0.1);
    expect((await sequence([last])).gradients).toEqual(after.gradients);
  }
  await store.drop();
});
