/** What every way of calling ONNX Runtime must do, and how far their numbers are from each other. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Graph } from "../../src/graph/builder.js";
import { encodeOnnx } from "../../src/onnx/encode.js";
import { Adam } from "../../src/optim/adam.js";
import { type Backend, backendNames, type Session } from "../../src/runtime/backend.js";
import { chooseBackend } from "../../src/runtime/choose-backend.js";
import { Engine } from "../../src/runtime/engine.js";
import { outputGradients } from "../../src/runtime/gradient-outputs.js";
import type { FloatTensor, Tensor } from "../../src/runtime/tensor.js";
import { expectClose } from "../support/expect-close.js";
import { tinyModel } from "../support/tiny-models.js";

const floats = (dims: number[], ...values: number[]): FloatTensor => ({ dims, data: Float32Array.from(values) });

/** Outputs of every element type from x [rows, 3] and ids [n]. */
function manyOutputs(): Graph {
  const g = new Graph("many outputs");
  const x = g.input("x", ["rows", 3]);
  const ids = g.input("ids", ["n"], "int64");
  g.output("double", g.scale(x, 2));
  g.output("sum", g.reduceSum(x));
  g.output("positive", g.greater(x, g.scalar(0)));
  g.output("shape", g.shape(x));
  g.output("rows", g.gather(x, ids));
  return g;
}

const x = floats([2, 3], 1, -2, 3, -4, 5, -6);
const ids: Tensor = { dims: [1], data: BigInt64Array.of(1n) };

describe.each(backendNames)("%s", (name) => {
  let backend: Backend;
  let session: Session;
  beforeAll(async () => {
    backend = (await chooseBackend(name)).backend;
    session = await backend.createSession(encodeOnnx(manyOutputs()));
  });
  afterAll(() => session.release());

  test("says its name, and the graph's inputs and outputs in order", () => {
    expect(backend.name).toBe(name);
    expect(session.inputNames).toEqual(["x", "ids"]);
    expect(session.outputNames).toEqual(["double", "sum", "positive", "shape", "rows"]);
  });

  test("outputs of every element type, a scalar and an empty one among them", async () => {
    const none: Tensor = { dims: [0], data: new BigInt64Array(0) };
    const fetches = { double: null, sum: null, positive: null, shape: null, rows: null };
    expect(await session.run({ x, ids: none }, fetches)).toEqual({
      double: floats([2, 3], 2, -4, 6, -8, 10, -12),
      sum: floats([], -3),
      positive: { dims: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 1, 0) },
      shape: { dims: [2], data: BigInt64Array.of(2n, 3n) },
      rows: floats([0, 3]),
    });
  });

  test("computes what is asked for alone", async () => {
    expect(Object.keys(await session.run({ x, ids }, { rows: null }))).toEqual(["rows"]);
  });

  test("an output is written where it belongs, and nowhere else", async () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const all = new Float32Array(memory.buffer, 0, 10).fill(7);
    const place = { dims: [2, 3], data: all.subarray(2, 8) };
    const flags = { dims: [2, 3], data: new Uint8Array(6) };
    const results = await session.run({ x, ids }, { double: place, positive: flags, sum: null });
    expect(results.double.data).toBe(place.data);
    expect([...all]).toEqual([7, 7, 2, -4, 6, -8, 10, -12, 7, 7]);
    expect([...flags.data]).toEqual([1, 0, 1, 0, 1, 0]);
    expect(results.sum.data[0]).toBe(-3);
  });

  test("an output may take its input's place", async () => {
    const own = floats([1, 3], 1, 2, 3);
    await session.run({ x: own, ids: { dims: [0], data: new BigInt64Array(0) } }, { double: own });
    expect([...own.data]).toEqual([2, 4, 6]);
  });

  test("what does not fit is refused by name, and the session goes on", async () => {
    const refused = (feeds: Record<string, Tensor>, fetches: Record<string, Tensor | null>) =>
      expect(session.run(feeds, fetches)).rejects;
    // In ONNX Runtime's words, or in ours where the build cannot fill outputs.
    const misfit = /invalid dimensions for output: double|double has the sizes|provided for output 'double'/;
    await refused({ x }, { rows: null }).toThrow("input ids was not fed");
    await refused({ x, ids, y: x }, { rows: null }).toThrow("the graph has no input y");
    await refused({ x, ids }, { columns: null }).toThrow("the graph has no output columns");
    await refused({ x: { dims: [2, 4], data: x.data }, ids }, { rows: null }).toThrow(
      "input x: expected 8 elements for [2, 4], received 6",
    );
    await refused({ x, ids }, { sum: floats([1000]) }).toThrow("output sum: expected 1000 elements");
    await refused({ x: floats([1, 2], 1, 2), ids }, { rows: null }).toThrow(/\bx\b(.|\n)*Expected: 3/);
    await refused({ x, ids: { dims: [1], data: Uint8Array.of(1) } }, { rows: null }).toThrow(/ids|type/);
    await refused({ x, ids: { dims: [1], data: BigInt64Array.of(9n) } }, { rows: null }).toThrow("out of");
    await refused({ x, ids }, { double: floats([3, 2], 0, 0, 0, 0, 0, 0) }).toThrow(misfit);
    await refused({ x, ids }, { double: floats([1, 3], 0, 0, 0) }).toThrow(misfit);
    expect((await session.run({ x, ids }, { rows: null })).rows).toEqual(floats([1, 3], -4, 5, -6));
  });

  test("bytes that are no model are refused", async () => {
    await expect(backend.createSession(Uint8Array.of(1, 2, 3))).rejects.toThrow(/protobuf|model/i);
  });

  test("a session that was released runs no more; releasing it twice is nothing", async () => {
    const own = await backend.createSession(encodeOnnx(manyOutputs()));
    await own.release();
    await own.release();
    await expect(own.run({ x, ids }, { rows: null })).rejects.toThrow("the session was released");
  });

  test("a signal that was aborted begins no run", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(session.run({ x, ids }, { rows: null }, signal)).rejects.toThrow("enough");
  });
});

type Answers = Record<"logits" | "mlpOut" | "logProbs" | "texts" | "losses" | "gradients" | "parameters", number[]>;

/** What a model of two layers answers, and what a training of three steps comes to. */
async function answers(backend: (typeof backendNames)[number]): Promise<Answers> {
  const engine = new Engine({ backend });
  const model = await tinyModel({ vocabSize: 301, dModel: 48, dMlp: 144 }, { engine, seed: 3 });
  const inputIds = [
    [1, 2, 3, 4, 200],
    [5, 6],
  ];
  const { logits, hooks } = await model.forward({ inputIds }, { hooks: ["blocks.0.hook_mlp_out"] });
  const logProbs = await model.logProbs({ inputIds });
  const texts = await model.generate(inputIds, { maxNewTokens: 8, seed: 1 });
  const learned = await trained(engine);
  await engine.close();
  const mlpOut = [...hooks["blocks.0.hook_mlp_out"].data];
  return { logits: [...logits.data], mlpOut, logProbs: [...logProbs.data], texts: texts.flat(), ...learned };
}

/** The product of [37, 300] and parameters [300, 65] learns to be large: losses, first gradients, and parameters. */
async function trained(engine: Engine): Promise<Pick<Answers, "losses" | "gradients" | "parameters">> {
  const g = new Graph("product");
  const product = g.matMul(g.input("x", ["rows", 300]), g.input("parameters/w", [300, 65]));
  const loss = g.reduceMean(g.square(g.shift(g.tanh(product), -1)), [0, 1]);
  g.output("loss", loss);
  outputGradients(g, loss);
  const store = await engine.createStore([{ name: "w", dims: [300, 65] }], { trainable: true });
  await store.write(
    "w",
    Float32Array.from({ length: 300 * 65 }, (_, i) => Math.sin(i) / 10),
  );
  const program = await engine.load(g);
  const adam = new Adam(store);
  const feeds = { x: { dims: [37, 300], data: Float32Array.from({ length: 37 * 300 }, (_, i) => Math.cos(i * i)) } };
  const losses: number[] = [];
  let gradients: number[] = [];
  for (let step = 0; step < 3; step++) {
    losses.push((await program.run({ feeds, stores: [store], fetch: ["loss"] })).loss.data[0] as number);
    if (step === 0) gradients = [...(await store.read("w", "gradients")).data];
    await adam.step(0.01);
  }
  return { losses, gradients, parameters: [...(await store.read("w")).data] };
}

describe("the same numbers", () => {
  let byCApi: Answers;
  beforeAll(async () => {
    byCApi = await answers("c-api");
  });

  test("the Node binding comes to the same bits as the C API", async () => {
    expect(await answers("node")).toEqual(byCApi);
  });

  test("the WebAssembly build comes to the same text and within 1e-5", async () => {
    const byWeb = await answers("web");
    expect(byWeb.texts).toEqual(byCApi.texts);
    // Parameters are left out: Adam's step is as large for a gradient that rounds to a little more than 0 as to a little less.
    for (const what of ["logits", "mlpOut", "logProbs", "losses", "gradients"] as const)
      expectClose(byWeb[what], byCApi[what], 1e-5, what);
  });
});

describe("only by the C API", () => {
  test("sampling with weights at rest comes to the texts of weights that are fed", { timeout: 180_000 }, async () => {
    const engine = new Engine({ backend: "c-api" });
    // Large enough for sessions to hold the weights.
    const size = { vocabSize: 66_000, dModel: 256, dMlp: 64, tieWordEmbeddings: true, maxPositions: 80 };
    const model = await tinyModel(size, { engine, seed: 3 });
    const sampled = () => model.generate([[1, 2, 3], [60_000]], { maxNewTokens: 64, seed: 1 });
    const atRest = await sampled();
    await model.makeTrainable();
    expect(await sampled()).toEqual(atRest);
    expect(new Set(atRest.flat()).size).toBeGreaterThan(60);
    await engine.close();
  });

  test("memory that threads share is read and written", async () => {
    const session = await (await chooseBackend("c-api")).backend.createSession(encodeOnnx(manyOutputs()));
    const shared = new Float32Array(new SharedArrayBuffer(48));
    shared.set(x.data);
    const place = { dims: [2, 3], data: shared.subarray(6) };
    await session.run({ x: { dims: [2, 3], data: shared.subarray(0, 6) }, ids }, { double: place });
    expect([...shared]).toEqual([...x.data, 2, -4, 6, -8, 10, -12]);
    await session.release();
  });

  test("sessions share the memory of their runs, and give it back with the last of them", async () => {
    // 64 MB between the two products, of which a session of its own would keep each.
    const size = 4000;
    const g = new Graph("wide");
    const wide = g.matMul(g.input("x", [size, 1]), g.input("y", [1, size]));
    g.output("sum", g.reduceSum(g.exp(wide)));
    const bytes = encodeOnnx(g);
    const feeds = {
      x: { dims: [size, 1], data: new Float32Array(size) },
      y: { dims: [1, size], data: new Float32Array(size) },
    };
    const { backend } = await chooseBackend("c-api");
    const residentMb = () => process.memoryUsage.rss() / 1e6;
    const before = residentMb();
    const sessions: Session[] = [];
    for (let i = 0; i < 6; i++) {
      const session = await backend.createSession(bytes);
      expect((await session.run(feeds, { sum: null })).sum.data[0]).toBe(size * size);
      sessions.push(session);
    }
    expect(residentMb() - before).toBeLessThan(250);
    for (const session of sessions) await session.release();
    expect(residentMb() - before).toBeLessThan(60);
  });

  test("a signal ends a run that has begun, and the session goes on", async () => {
    const g = new Graph("long");
    const start = g.input("x", [500, 500]);
    let product = start;
    for (let i = 0; i < 100; i++) product = g.matMul(product, start);
    g.output("product", product);
    const session = await (await chooseBackend("c-api")).backend.createSession(encodeOnnx(g));
    const controller = new AbortController();
    const feeds = { x: { dims: [500, 500], data: new Float32Array(250_000) } };
    const run = session.run(feeds, { product: null }, controller.signal);
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await expect(run).rejects.toThrow("enough");
    // Freed when the run has ended.
    const last = session.run(feeds, { product: null });
    await session.release();
    expect((await last).product.dims).toEqual([500, 500]);
  });
});
