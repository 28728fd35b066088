import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import type { KindSettings } from "../dictionary/kind.js";
import { trainingOf } from "../dictionary/training-kinds.js";
import { openSafetensors } from "../io/safetensors.js";
import { Rng } from "../rng.js";
import { Engine, sharedEngine } from "../runtime/engine.js";
import type { AutoencoderShape } from "./autoencoder-graph.js";
import { DEAD_AFTER_TOKENS } from "./feature-statistics.js";
import { TrainingPrograms } from "./gradients/training-programs.js";
import { type LayerLoss, LayerTrainer, type ReconstructionLoss } from "./layer-trainer.js";

const golden = resolve(import.meta.dirname, "../../test/golden/sae");
const relu = (l1Coef: number): KindSettings => ({ name: "relu", l1Coef });
const topK = (k: number): KindSettings => ({ name: "topk", k });
const one: AutoencoderShape = { name: "one", dIn: 24, dSae: 48, tied: true, kind: relu(1e-3) };

async function trainerOf(
  shapes: AutoencoderShape[],
  loss: LayerLoss = { reconstruction: "mean" },
): Promise<LayerTrainer> {
  const engine = sharedEngine();
  return LayerTrainer.create(new TrainingPrograms(engine), 3, shapes, loss);
}

/** Settings of record.py, by the file that it writes. */
const recorded: Readonly<Record<string, KindSettings>> = {
  golden: one.kind,
  topk: topK(6),
  batchtopk: { name: "batchtopk", k: 6 },
  jumprelu: { name: "jumprelu", l0Coef: 2e-3 },
  revived: topK(6),
};

test.each(
  Object.keys(recorded).flatMap((file) => [
    ["tied", file],
    ["untied", file],
    ["free", file],
  ]),
)("%s, %s: losses of 12 steps and final weights agree with PyTorch", async (tying, file) => {
  const kind = recorded[file];
  const given = await openSafetensors(join(golden, "golden.safetensors"));
  const expected = await openSafetensors(join(golden, `${file}.safetensors`));
  const { data } = await given.read("batches");
  const matrices = tying === "tied" ? ["encoder"] : ["encoder", "decoder"];
  const start = tying === "tied" ? "tied" : "untied";
  const shape = { ...one, tied: tying === "tied", freeEncoder: tying === "free", kind };
  const trainer = await trainerOf([shape], file === "revived" ? { reconstruction: "mean", auxCoef: 0.5 } : undefined);
  for (const name of Object.keys(trainingOf(kind).tensors))
    await trainer.write(`one.${name}`, new Float32Array(48).fill(trainingOf(kind).tensors[name]));
  if (file === "revived") {
    const state = await trainer.state();
    state["statistics.one.silent"].data.fill(DEAD_AFTER_TOKENS, 0, 20);
    await trainer.restore(async (name) => state[name]);
  }
  for (const name of matrices) await trainer.write(`one.${name}`, (await given.read(`${start}.init.${name}`)).data);
  const losses = { mse: [] as number[], l1: [] as number[], l0: [] as number[] };
  for (let step = 0; step < 12; step++) {
    const start = (step % 4) * 64 * 24;
    const [{ mse, l1, l0 }] = await trainer.step({ dims: [64, 24], data: data.slice(start, start + 64 * 24) }, 1e-3);
    losses.mse.push(mse);
    losses.l1.push(l1);
    losses.l0.push(l0);
  }
  for (const name of ["mse", "l1", "l0"] as const)
    expectClose(losses[name], (await expected.read(`${tying}.${name}`)).data, 1e-5, name);
  const parameters = await trainer.parameters();
  for (const [ours, theirs] of [
    ...matrices.map((name) => [name, name]),
    ["encoderBias", "encoder_bias"],
    ["decoderBias", "decoder_bias"],
  ])
    expectClose(parameters[`one.${ours}`].data, (await expected.read(`${tying}.final.${theirs}`)).data, 1e-5, ours);
  const { kind: learned } = await trainer.dictionary(shape);
  if (learned.name === "jumprelu")
    expectClose(learned.threshold, (await expected.read(`${tying}.final.threshold`)).data, 1e-5, "threshold");
  await Promise.all([given, expected].map((opened) => opened.close()));
  await trainer.dispose();
});

test("autoencoders of other settings on the same activations do not disturb each other", async () => {
  const shapes: AutoencoderShape[] = [
    one,
    { ...one, name: "untied", tied: false },
    { ...one, name: "sparse", kind: relu(0.1) },
    { ...one, name: "top", kind: topK(5) },
  ];
  const x = { dims: [64, 24], data: Float32Array.from({ length: 64 * 24 }, (_, i) => Math.sin(i * i)) };
  const trainOn = async (members: AutoencoderShape[]) => {
    const trainer = await trainerOf(members);
    await trainer.initialise((_, matrix) => Rng.fromSeed(1, matrix));
    for (let step = 0; step < 5; step++) await trainer.step(x, 1e-2);
    const dictionaries = await Promise.all(members.map((shape) => trainer.dictionary(shape)));
    await trainer.dispose();
    return dictionaries;
  };
  const together = await trainOn(shapes);
  for (const [i, shape] of shapes.entries()) {
    const [alone] = await trainOn([shape]);
    expect(together[i]).toEqual(alone);
    expect(alone.kind).toEqual(shape.kind.name === "relu" ? { name: "relu" } : { name: "topk", k: 5 });
    for (const other of together.slice(0, i)) expect(other.wDec).not.toEqual(alone.wDec);
  }
});

const two: AutoencoderShape = { name: "two", dIn: 2, dSae: 2, tied: true, kind: relu(0) };

/** Encoder [[3, 4], [0, 2]], so that the features are [0.6, 0.8] and [0, 1]. */
async function twoFeatures(l1Coef: number, reconstruction: ReconstructionLoss = "mean"): Promise<LayerTrainer> {
  const trainer = await trainerOf([{ ...two, kind: relu(l1Coef) }], { reconstruction });
  await trainer.write("two.encoder", Float32Array.of(3, 4, 0, 2));
  return trainer;
}

const x = { dims: [2, 2], data: Float32Array.of(1, 1, 1, -1) };

test("losses by hand; how the reconstruction is reduced changes the gradient alone", async () => {
  const encoders = [];
  for (const reconstruction of ["mean", "sum"] as const) {
    const trainer = await twoFeatures(0.5, reconstruction);
    // codes [1.4, 1], [0, 0]; reconstructions [0.84, 2.12], [0, 0]
    const [losses] = await trainer.step(x, 1e-3);
    expectClose([losses.mse, losses.l1, losses.l0], [(0.16 ** 2 + 1.12 ** 2 + 2) / 4, 1.2, 1], 1e-6);
    // After one step the first moment is a tenth of the gradient.
    encoders.push((await trainer.state())["firstMoment.two.decoderBias"].data);
    await trainer.dispose();
  }
  // d/d bias of the mean over 2 tokens and 2 dimensions: sums of errors / 2
  expectClose(encoders[0], [(-0.16 - 1) / 20, (1.12 + 1) / 20], 1e-6);
  expectClose(encoders[1], [(-0.16 - 1) / 10, (1.12 + 1) / 10], 1e-6);
});

test("the dictionary has features of norm 1 and the encoder transposed", async () => {
  const trainer = await twoFeatures(0);
  const { wEnc, wDec, bEnc, bDec, applyBDecToInput } = await trainer.dictionary(two);
  expectClose(wDec, [0.6, 0.8, 0, 1], 1e-7);
  expectClose(wEnc, [0.6, 0, 0.8, 1], 1e-7);
  expect([[...bEnc], [...bDec], applyBDecToInput]).toEqual([[0, 0], [0, 0], false]);
  await trainer.dispose();
});

test("starts Xavier-uniform with zero biases", async () => {
  const trainer = await trainerOf([{ ...one, tied: false }]);
  await trainer.initialise((_, matrix) => Rng.fromSeed(1, matrix));
  const parameters = await trainer.parameters();
  const limit = Math.sqrt(6 / (24 + 48));
  for (const name of ["encoder", "decoder"]) {
    const { data } = parameters[`one.${name}`];
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.99 * limit);
    // The variance of a uniform variable is limit^2 / 3.
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    expect(Math.abs(variance / (limit ** 2 / 3) - 1)).toBeLessThan(0.1);
  }
  expect(parameters["one.encoder"].data).not.toEqual(parameters["one.decoder"].data);
  expect(parameters["one.encoderBias"].data.every((value) => value === 0)).toBe(true);
  await trainer.dispose();
});

test("a loss that is not finite names layer and autoencoder and leaves the parameters", async () => {
  const trainer = await twoFeatures(0);
  const broken = { dims: [1, 2], data: Float32Array.of(1, Number.NaN) };
  await expect(trainer.step(broken, 1e-3)).rejects.toThrow(
    /autoencoder two: expected finite numbers, received mse NaN.*activations themselves.*blocks\.3\.hook_mlp_out/s,
  );
  expect([...(await trainer.parameters())["two.encoder"].data]).toEqual([3, 4, 0, 2]);
  await expect(trainer.step({ dims: [1, 3], data: new Float32Array(3) }, 1e-3)).rejects.toThrow(
    /\[tokens, 2\].*\[1, 3\]/,
  );
  await trainer.dispose();
});

test("an engine of two threads trains what one of one thread trains, to the last bit", async () => {
  const shape: AutoencoderShape = { name: "one", dIn: 64, dSae: 256, tied: true, kind: { name: "batchtopk", k: 16 } };
  const rng = Rng.fromSeed(1, "threads");
  const batches = Array.from({ length: 6 }, () => ({
    dims: [4096, 64],
    data: Float32Array.from({ length: 4096 * 64 }, () => rng.normal()),
  }));
  const trained = await Promise.all(
    [1, 2].map(async (threads) => {
      const engine = new Engine({ threads });
      const trainer = await LayerTrainer.create(new TrainingPrograms(engine), 3, [shape], { reconstruction: "mean" });
      await trainer.initialise(() => Rng.fromSeed(2, "first weights"));
      const losses: unknown[] = [];
      for (const batch of batches) losses.push(await trainer.step(batch, 1e-3));
      const state = await trainer.state();
      await trainer.dispose();
      await engine.close();
      return { losses, state };
    }),
  );
  expect(trained[1]).toEqual(trained[0]);
});
