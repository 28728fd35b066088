import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeModel } from "../../test/support/fake-language-model.js";
import { float16ToFloat32, float32ToFloat16 } from "../io/float16.js";
import { Rng } from "../rng.js";
import { ActivationFile, activationBytes } from "./activation-file.js";
import { type ActivationBatch, streamActivations } from "./activation-stream.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "activations-"));
});
afterAll(() => rm(folder, { recursive: true }));

const rounded = (values: Float32Array) => float16ToFloat32(float32ToFloat16(values));
const layers = [1, 4];

/** 37 texts; the MLP output of a token depends on the token and the layer, and needs more than half precision. */
function setUp() {
  const read: number[] = [];
  const model = fakeModel({
    vocabSize: 1000,
    dModel: 2,
    mlpOutput: (layer, tokens) => [Math.sin(layer + tokens.at(-1)!), 1 / (3 + tokens.at(-1)!)],
    onForward: ({ inputIds }) => read.push(...inputIds.map(([token]) => token)),
  });
  const texts = Array.from({ length: 37 }, (_, i) => Array<number>(1 + (i % 5)).fill(i));
  return { model, texts, read };
}

const created = (name: string, texts: readonly (readonly number[])[]) =>
  ActivationFile.create(
    join(folder, name),
    texts.map(({ length }) => length),
    layers,
    2,
  );

async function collect(stream: AsyncIterable<ActivationBatch>): Promise<ActivationBatch[]> {
  const batches: ActivationBatch[] = [];
  for await (const batch of stream) batches.push(batch);
  return batches;
}

test("the model reads each text once for all epochs and streams, and the batches are the same but for rounding", async () => {
  const { model, texts, read } = setUp();
  const options = { layers, batchTexts: 4, epochs: 3, rng: Rng.fromSeed(1, "order") };
  const plain = await collect(streamActivations(model, texts, options));
  expect(read.length).toBe(3 * 37);
  read.length = 0;
  const file = await created("once", texts);
  const stream = streamActivations(model, texts, { ...options, file });
  const late = await collect(stream.after(17));
  const whole = await collect(streamActivations(model, texts, { ...options, file }));
  expect(read.toSorted((a, b) => a - b)).toEqual(texts.map((_, i) => i));
  expect(late).toEqual(whole.slice(17));
  expect(whole).toEqual(
    plain.map((batch) => ({
      ...batch,
      activations: new Map(
        [...batch.activations].map(([layer, { dims, data }]) => [layer, { dims, data: rounded(data) }]),
      ),
    })),
  );
  const values = plain
    .slice(0, 10)
    .flatMap(({ activations }) => [...activations.values()].flatMap(({ data }) => [...data]));
  const errors = values.map((value) => rounded(Float32Array.of(value))[0] - value);
  const norm = (numbers: readonly number[]) => Math.hypot(...numbers);
  expect(file.relativeError).toBeCloseTo(norm(errors) / norm(values), 9);
  expect(file.relativeError).toBeGreaterThan(5e-5);
  await file.close();
});

test("values beyond half precision are refused", async () => {
  const file = await ActivationFile.create(join(folder, "large"), [1], [0], 2);
  const activations = new Map([[0, { dims: [1, 2], data: Float32Array.of(1, 70_000) }]]);
  await expect(file.add([0], activations)).rejects.toThrow("expected at most 65504");
  await file.close();
});

test("bytes: two per value", () => {
  expect(activationBytes(139_659, 5, 256)).toBe(357_527_040);
});
