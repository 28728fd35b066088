import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunError } from "../errors.js";
import { openSafetensors } from "../io/safetensors.js";
import { Rng } from "../rng.js";
import type { FloatTensor } from "../runtime/tensor.js";
import type { ActivationBatch } from "./activation-stream.js";
import {
  type AutoencoderSpec,
  type AutoencoderStep,
  type TrainAutoencodersOptions,
  type TrainedAutoencoders,
  trainAutoencoders,
} from "./train-autoencoders.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "autoencoders-"));
});
afterAll(() => rm(folder, { recursive: true }));

const dIn = 8;
const specs: AutoencoderSpec[] = [
  { layer: 1, name: "small", dIn, dSae: 8 },
  { layer: 5, name: "small", dIn, dSae: 8 },
  { layer: 1, name: "large", dIn, dSae: 16 },
  { layer: 5, name: "large", dIn, dSae: 16 },
];

/** Sparse sums of the 8 axes, scaled by the layer; the same batches at every call. */
function randomTokens(rng: Rng, tokens: number, layer: number): FloatTensor {
  const data = new Float32Array(tokens * dIn);
  for (let i = 0; i < data.length; i++) if (rng.uniform() < 0.2) data[i] = layer * (0.5 + rng.uniform());
  return { dims: [tokens, dIn], data };
}

async function* randomBatches(count: number, tokens = 32): AsyncGenerator<ActivationBatch> {
  const rng = Rng.fromSeed(7, "data");
  for (let i = 0; i < count; i++)
    yield { texts: [], activations: new Map([1, 5].map((layer) => [layer, randomTokens(rng, tokens, layer)])) };
}

const weightsOf = ({ trained }: TrainedAutoencoders) =>
  trained.map(({ autoencoder: { wEnc, bEnc, wDec, bDec } }) => ({ wEnc, bEnc, wDec, bDec }));

test("finds the axes that the data are made of", async () => {
  const reports: number[] = [];
  const { trained, steps, tokens } = await trainAutoencoders(randomBatches(600, 128), specs, {
    learningRate: 1e-2,
    l1Coef: 0.03,
    origin: { modelName: "made up" },
    onStep: ({ tokens: seen }) => reports.push(seen),
  });
  expect([steps, tokens, reports.length, reports[1]]).toEqual([600, 76_800, 600, 256]);
  expect(trained.map(({ spec }) => spec)).toEqual(specs);
  for (const { spec, autoencoder, curve } of trained) {
    expect(autoencoder.origin).toEqual({
      ...{ layer: spec.layer, tied: true, l1Coef: 0.03, learningRate: 1e-2 },
      ...{ seed: 42, trainingTokens: 76_800, modelName: "made up" },
    });
    expect([autoencoder.layer, autoencoder.dIn, autoencoder.dSae]).toEqual([spec.layer, dIn, spec.dSae]);
    expect(curve.step.at(-1)).toBe(600);
    expect(curve.mse.at(-1)! / curve.mse[0]).toBeLessThan(0.1);
  }
  // At layer 1 each axis has a feature along it, for every size of the dictionary.
  for (const { spec, autoencoder } of [trained[0], trained[2]])
    for (let axis = 0; axis < dIn; axis++) {
      const along = Array.from({ length: spec.dSae }, (_, feature) => autoencoder.wDec[feature * dIn + axis]);
      expect(Math.max(...along)).toBeGreaterThan(0.99);
    }
});

test("an autoencoder does not depend on which others are trained beside it", async () => {
  const together = weightsOf(await trainAutoencoders(randomBatches(5), specs));
  const alone = weightsOf(await trainAutoencoders(randomBatches(5), [specs[3]]));
  expect(alone[0]).toEqual(together[3]);
  expect(together[0]).not.toEqual(together[1]);
  const otherSeed = weightsOf(await trainAutoencoders(randomBatches(5), [specs[3]], { seed: 43 }));
  expect(otherSeed[0]).not.toEqual(alone[0]);
});

test("untied autoencoders have a decoder of their own, with features of norm 1", async () => {
  const [{ autoencoder }] = (await trainAutoencoders(randomBatches(5), specs.slice(0, 1), { tied: false })).trained;
  const transposed = Array.from({ length: 64 }, (_, i) => autoencoder.wEnc[(i % 8) * 8 + Math.floor(i / 8)]);
  expect([...autoencoder.wDec]).not.toEqual(transposed);
  for (let feature = 0; feature < 8; feature++) {
    const row = autoencoder.wDec.slice(feature * dIn, (feature + 1) * dIn);
    expect(Math.hypot(...row)).toBeCloseTo(1, 6);
  }
});

test("autoencoders may have settings of their own, and start alike", async () => {
  const variants: AutoencoderSpec[] = [
    { layer: 1, name: "a", startsAs: "start", dIn, dSae: 8 },
    { layer: 1, name: "b", startsAs: "start", dIn, dSae: 8, tied: false },
    { layer: 1, name: "c", startsAs: "start", dIn, dSae: 8, l1Coef: 0.5 },
    { layer: 1, name: "d", startsAs: "start", dIn, dSae: 8, k: 2 },
    { layer: 5, name: "a", startsAs: "start", dIn, dSae: 8 },
  ];
  const { trained } = await trainAutoencoders(randomBatches(5), variants, { l1Coef: 0.01 });
  expect(trained.map(({ autoencoder: { origin, k } }) => [origin.tied, origin.l1Coef, k])).toEqual([
    [true, 0.01, undefined],
    [false, 0.01, undefined],
    [true, 0.5, undefined],
    [true, undefined, 2],
    [true, 0.01, undefined],
  ]);
  const alone = async (options: TrainAutoencodersOptions) =>
    (await trainAutoencoders(randomBatches(5), [{ layer: 1, name: "start", dIn, dSae: 8 }], options)).trained[0];
  for (const [i, options] of [{}, { tied: false }, { l1Coef: 0.5 }, { k: 2 }].entries()) {
    const { autoencoder } = await alone({ l1Coef: 0.01, ...options });
    expect(trained[i].autoencoder.wDec).toEqual(autoencoder.wDec);
    expect(trained[i].autoencoder.bEnc).toEqual(autoencoder.bEnc);
  }
  expect(Math.max(...trained[3].curve.l0)).toBeLessThanOrEqual(2);
  await expect(alone({ k: 9 })).rejects.toThrow(
    /autoencoder start: k: expected a whole number from 1 to 8 \(number of features\), received 9/,
  );
});

test("a kind may be given whole, for all autoencoders or for one; a spec's short forms go before the options' kind", async () => {
  const shape = { layer: 1, dIn, dSae: 8, startsAs: "start" };
  const variants: AutoencoderSpec[] = [
    { ...shape, name: "a" },
    { ...shape, name: "b", kind: { name: "relu", l1Coef: 0.5 } },
    { ...shape, name: "c", l1Coef: 0.5 },
    { ...shape, name: "d", k: 3 },
  ];
  const train = async (specs: AutoencoderSpec[], options: TrainAutoencodersOptions) =>
    (await trainAutoencoders(randomBatches(5), specs, options)).trained.map(({ autoencoder }) => autoencoder);
  const trained = await train(variants, { kind: { name: "topk", k: 2 } });
  expect(trained.map(({ kind, origin }) => [kind, origin.l1Coef])).toEqual([
    [{ name: "topk", k: 2 }, undefined],
    [{ name: "relu" }, 0.5],
    [{ name: "relu" }, 0.5],
    [{ name: "topk", k: 3 }, undefined],
  ]);
  const inShort = await train([variants[0]], { k: 2 });
  expect(inShort[0].wDec).toEqual(trained[0].wDec);
  expect(trained[1].wDec).toEqual(trained[2].wDec);
});

test("stopped and continued it comes to the same weights", async () => {
  const whole = await trainAutoencoders(randomBatches(12), specs);
  for (const [name, checkpointEvery] of [
    ["stopped", 100],
    ["killed", 4],
  ] as const) {
    const options = { folder: join(folder, name), checkpointEvery };
    const controller = new AbortController();
    const interrupted = trainAutoencoders(randomBatches(12), specs, {
      ...options,
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step !== 6) return;
        if (name === "killed") throw new Error("killed");
        controller.abort(new Error("stopped"));
      },
    });
    await expect(interrupted).rejects.toThrow(name);
    const steps: number[] = [];
    const resumed = await trainAutoencoders(randomBatches(12), specs, {
      ...options,
      onStep: ({ step }) => steps.push(step),
    });
    expect(steps[0]).toBe(name === "killed" ? 5 : 7);
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
    expect(resumed.trained.map(({ curve }) => curve)).toEqual(whole.trained.map(({ curve }) => curve));
    expect([resumed.steps, resumed.tokens]).toEqual([12, 384]);
  }
  await expect(
    trainAutoencoders(randomBatches(12), specs, { folder: join(folder, "killed"), l1Coef: 0.5 }),
  ).rejects.toThrow(/other settings/);
});

test("a damaged checkpoint counts as none, and one line says so", async () => {
  const options = { folder: join(folder, "damaged") };
  const onStep = ({ step }: AutoencoderStep) => {
    if (step === 3) throw new Error("killed");
  };
  await expect(trainAutoencoders(randomBatches(4), specs, { ...options, checkpointEvery: 2, onStep })).rejects.toThrow(
    "killed",
  );
  const file = join(options.folder, "checkpoint.safetensors");
  const bytes = await readFile(file);
  bytes[bytes.length - 3] ^= 1;
  await writeFile(file, bytes);
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const again = await trainAutoencoders(randomBatches(4), specs, { ...options, log });
  expect(weightsOf(again)).toEqual(weightsOf(await trainAutoencoders(randomBatches(4), specs)));
  expect(lines).toEqual([
    expect.stringMatching(/^the checkpoint cannot be used and autoencoders are trained from the first step: .*SHA-256/),
  ]);
});

/** All optional parts of training, on a stream that can be iterated repeatedly. */
const everything: TrainAutoencodersOptions = {
  kind: { name: "batchtopk", k: 2 },
  ...{ schedule: { warmup: 0.1, decay: 0.5, ramp: 0.1 }, auxCoef: 1 / 32, start: "points", refit: true },
  ...{ tokenVisits: 12 * 32, learningRate: 1e-2 },
};
const again = { [Symbol.asyncIterator]: () => randomBatches(12) };

test("stopped and continued it comes to the same weights, with averages, dead features, schedule and refit", async () => {
  const whole = await trainAutoencoders(again, specs, everything);
  const options = { ...everything, folder: join(folder, "everything"), checkpointEvery: 4 };
  const onStep = ({ step }: AutoencoderStep) => {
    if (step === 6) throw new Error("killed");
  };
  await expect(trainAutoencoders(again, specs, { ...options, onStep })).rejects.toThrow("killed");
  const resumed = await trainAutoencoders(again, specs, options);
  expect(weightsOf(resumed)).toEqual(weightsOf(whole));
  const kinds = ({ trained }: TrainedAutoencoders) => trained.map(({ autoencoder }) => autoencoder.kind);
  expect(kinds(resumed)).toEqual(kinds(whole));
  expect(kinds(whole)[0].name).toBe("jumprelu");
});

test("seeds that start at points draw other ones; the axes of the data are found sooner", async () => {
  const of = (seed: number, start: "xavier" | "points") =>
    trainAutoencoders(again, specs.slice(0, 1), { seed, start, l1Coef: 0.03, learningRate: 1e-2 });
  const [first, second, random] = [await of(1, "points"), await of(2, "points"), await of(1, "xavier")];
  expect(weightsOf(first)).not.toEqual(weightsOf(second));
  const error = ({ trained }: TrainedAutoencoders) => trained[0].curve.mse[0];
  expect(error(first)).toBeLessThan(error(random));
});

test("a schedule needs to know how many tokens there will be", async () => {
  const training = trainAutoencoders(again, specs, { schedule: { warmup: 0.1 } });
  await expect(training).rejects.toThrow("schedule: expected tokenVisits, or a stream that knows its tokens");
});

test("a stream that can start late is asked to", async () => {
  const options = { folder: join(folder, "late") };
  const controller = new AbortController();
  const asked: number[] = [];
  const stream = {
    batchCount: 3,
    batchTokens: () => [32, 32, 32],
    after: (count: number) => {
      asked.push(count);
      return randomBatches(3 - count);
    },
    [Symbol.asyncIterator]: () => randomBatches(3),
  };
  const { signal } = controller;
  const onStep = ({ step }: AutoencoderStep) => step === 2 && controller.abort(new Error("stopped"));
  await expect(trainAutoencoders(stream, specs, { ...options, signal, onStep })).rejects.toThrow("stopped");
  const { steps } = await trainAutoencoders(stream, specs, options);
  expect([asked, steps]).toEqual([[0, 2], 3]);
});

test("ends with the batch that reaches the number of tokens", async () => {
  const { steps, tokens } = await trainAutoencoders(randomBatches(10), specs.slice(0, 1), { tokenVisits: 70 });
  expect([steps, tokens]).toEqual([3, 96]);
});

test("a loss that is not finite says where, and keeps the batch", async () => {
  async function* broken(): AsyncGenerator<ActivationBatch> {
    for await (const batch of randomBatches(3)) {
      batch.activations.get(5)!.data[3] = Number.POSITIVE_INFINITY;
      yield batch;
    }
  }
  const kept = join(folder, "failed");
  const failure = trainAutoencoders(broken(), specs, { folder: kept });
  await expect(failure).rejects.toBeInstanceOf(RunError);
  await expect(failure).rejects.toThrow(/step 1: loss of autoencoder small: expected finite.*blocks\.5.*failed-batch/s);
  expect(await readdir(kept)).toEqual(["failed-batch.blocks.5.hook_mlp_out.safetensors"]);
  const file = await openSafetensors(join(kept, "failed-batch.blocks.5.hook_mlp_out.safetensors"));
  const activations = await file.read("activations");
  expect([activations.dims, activations.data[3]]).toEqual([[32, dIn], Number.POSITIVE_INFINITY]);
  expect((await file.read("small.encoder")).dims).toEqual([8, dIn]);
  await file.close();
});

test("says what is wrong with specs and stream", async () => {
  const none = trainAutoencoders(randomBatches(0), specs);
  await expect(none).rejects.toThrow(/expected a stream with batches, received an empty one/);
  const twice = trainAutoencoders(randomBatches(1), [specs[0], specs[0]]);
  await expect(twice).rejects.toThrow(/expected different names within a layer, received small twice/);
  const other = trainAutoencoders(randomBatches(1), [specs[0], { ...specs[2], dIn: 9 }]);
  await expect(other).rejects.toThrow(/large: expected dIn 8, as others of the layer have, received 9/);
  const missing = trainAutoencoders(randomBatches(1), [{ ...specs[0], layer: 2 }]);
  await expect(missing).rejects.toThrow(/expected layer 2, received layers 1, 5/);
});
