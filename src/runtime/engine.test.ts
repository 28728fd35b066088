import { availableParallelism } from "node:os";
import { afterAll, describe, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { tinyModel } from "../../test/support/tiny-models.js";
import { RunError } from "../errors.js";
import { gradients } from "../graph/backward.js";
import { Graph } from "../graph/builder.js";
import { Adam } from "../optim/adam.js";
import { backendNames } from "./backend.js";
import { configureSharedEngine, Engine, sharedEngine } from "./engine.js";
import type { Tensor } from "./tensor.js";

const engine = new Engine();
afterAll(() => engine.close());

const vector = (...values: number[]): Tensor => ({ dims: [values.length], data: Float32Array.from(values) });

/** loss = sum of (x * w)^2, whose gradient to w is 2 x^2 w. */
function squares(): Graph {
  const g = new Graph("squares");
  const w = g.input("parameters/w", [3]);
  const loss = g.reduceSum(g.square(g.mul(g.input("x", [3]), w)));
  g.output("loss", loss);
  g.output("gradients/w", gradients(g, loss, [w])[0]);
  return g;
}

describe.each(backendNames)("ONNX Runtime by %s", (backend) => {
  test("a training step: the gradient arrives in the store, Adam moves the parameter", async () => {
    const own = new Engine({ backend });
    expect((await own.describe()).backend).toBe(backend);
    const store = await own.createStore([{ name: "w", dims: [3] }], { trainable: true });
    await store.write("w", Float32Array.of(1, -2, 3));
    const program = await own.load(squares());
    const run = () => program.run({ feeds: { x: vector(1, 2, 0.5) }, stores: [store], fetch: ["loss"] });
    expect((await run()).loss).toEqual({ dims: [], data: Float32Array.of(1 + 16 + 2.25) });
    expect((await store.read("w", "gradients")).data).toEqual(Float32Array.of(2, -16, 1.5));
    expectClose([await new Adam(store).step(0.1)], [Math.hypot(2, 16, 1.5)], 1e-6);
    // Adam's first step is the learning rate against the gradient's sign.
    expectClose((await store.read("w")).data, [0.9, -1.9, 2.9], 1e-6);
    expectClose((await run()).loss.data as Float32Array, [0.81 + 14.44 + 2.1025], 1e-5);
    await own.close();
  });
});

test("both builds compute the same logits and text", async () => {
  const web = new Engine({ backend: "web" });
  const [a, b] = [await tinyModel({}, { engine }), await tinyModel({}, { engine: web })];
  const inputIds = [
    [1, 2, 3, 4],
    [5, 6],
  ];
  expectClose((await b.forward({ inputIds })).logits.data, (await a.forward({ inputIds })).logits.data, 1e-5);
  const options = { maxNewTokens: 6, temperature: 0 };
  expect(await b.generate(inputIds, options)).toEqual(await a.generate(inputIds, options));
  await web.close();
});

test("a failed run is a RunError that names the program and what is missing, and the engine goes on", async () => {
  const program = await engine.load(squares());
  const store = await engine.createStore([{ name: "w", dims: [3] }], { trainable: true });
  await expect(program.run({ feeds: {}, stores: [store] })).rejects.toThrow("squares: input x was not fed");
  await expect(program.run({ feeds: { x: vector(1, 2, 3) } })).rejects.toThrow("squares: no store holds w");
  const wrongSize = program.run({ feeds: { x: vector(1, 2) }, stores: [store], fetch: ["loss"] });
  await expect(wrongSize).rejects.toBeInstanceOf(RunError);
  await expect(wrongSize).rejects.toThrow("squares: ONNX Runtime failed");
  await expect(store.write("w", Float32Array.of(1))).rejects.toThrow("w has 3 elements, received 1");
  await expect(store.read("v")).rejects.toThrow("parameter v does not exist");
  expect((await program.run({ feeds: { x: vector(1, 2, 3) }, stores: [store], fetch: ["loss"] })).loss.data[0]).toBe(0);
});

test("what a copy of parameters takes over, and what a plain store does not have", async () => {
  const layout = [
    { name: "a", dims: [2] },
    { name: "b", dims: [] },
  ];
  const from = await engine.createStore(layout);
  const to = await engine.createStore([layout[0], { name: "c", dims: [1] }]);
  await from.write("a", Float32Array.of(1, 2));
  await to.write("c", Float32Array.of(3));
  await to.copyFrom(from);
  expect((await to.read("a")).data).toEqual(Float32Array.of(1, 2));
  expect((await to.read("c")).data).toEqual(Float32Array.of(3));
  await expect(from.read("a", "gradients")).rejects.toThrow("has no gradients of a");
});

test("between two stores: parameters at a dose, and a gradient along the line", async () => {
  const layout = [{ name: "w", dims: [3] }];
  const [start, end] = [await engine.createStore(layout), await engine.createStore(layout)];
  const store = await engine.createStore(layout, { trainable: true });
  await start.write("w", Float32Array.of(1, 0.1, -3));
  await end.write("w", Float32Array.of(2, 0.7, 5));
  await store.setBetween(start, end, 0.25);
  const difference = Math.fround(Math.fround(0.7) - Math.fround(0.1));
  expect((await store.read("w")).data).toEqual(Float32Array.of(1.25, Math.fround(0.1) + 0.25 * difference, -1));
  await store.write("w", Float32Array.of(1, -2, 3), "gradients");
  const products = [1, -2 * difference, 24];
  expect(await store.gradientAlong("w", start, end)).toEqual({
    ofRows: Float64Array.from(products),
    ofColumns: Float64Array.of(products[0] + products[1] + products[2]),
  });
  await store.copyFrom(end, ["w"]);
  expect((await store.read("w")).data).toEqual((await end.read("w")).data);
  await expect(store.copyFrom(end, ["v"])).rejects.toThrow("a store has no parameter v");
  await expect(end.gradientAlong("w", start, end)).rejects.toThrow("a store has no gradient of w");
});

/** Writes x [2, 1, 1] into column `at` of a state [2, columns, 1], and reads the whole state. */
function columns(): Graph {
  const g = new Graph("columns");
  const cache = g.input("state/cache", ["stretches", "columns", 1]);
  const x = g.input("x", [2, 1]);
  g.output("next/cache", g.scale(x, 1));
  g.output("cache", g.reshapeLike(g.scatterRows(g.flatten(cache), g.input("slots", [2, 1], "int64"), x), cache));
  return g;
}

test.each(backendNames)("state stays in the engine between runs, grows and shrinks there (%s)", async (backend) => {
  const own = new Engine({ backend });
  const program = await own.load(columns());
  const state = await own.createState({ cache: { dims: [2, 2, 1], data: Float32Array.of(1, 0, 2, 0) } }, 2 * 5);
  const write = async (slots: [bigint, bigint], x: [number, number]): Promise<number[]> => {
    const feeds = {
      slots: { dims: [2, 1], data: BigInt64Array.from(slots) },
      x: { dims: [2, 1], data: Float32Array.from(x) },
    };
    const { cache } = await program.run({ feeds, state, fetch: ["cache"] });
    return [...(cache.data as Float32Array)];
  };
  expect(await write([1n, 3n], [3, 4])).toEqual([1, 3, 2, 4]);
  await state.grow(1, 3);
  expect(await write([2n, 5n], [5, 6])).toEqual([1, 3, 5, 2, 4, 6]);
  await state.grow(1, 5);
  expect(await write([3n, 8n], [7, 8])).toEqual([1, 3, 5, 7, 0, 2, 4, 6, 8, 0]);
  await expect(state.grow(1, 6)).rejects.toThrow("state cache: expected at most 10 elements, received 12");
  await state.shorten(1);
  expect(await write([4n, 4n], [0, 9])).toEqual([1, 3, 5, 7, 9]);
  await state.drop();
  await expect(write([0n, 0n], [0, 0])).rejects.toThrow("does not exist or was dropped");
  await own.close();
});

test("what was dropped cannot be used", async () => {
  const program = await engine.load(squares());
  const store = await engine.createStore([{ name: "w", dims: [3] }], { trainable: true });
  await program.drop();
  await expect(program.run({ feeds: {}, stores: [store] })).rejects.toThrow("program");
  await store.drop();
  await expect(store.read("w")).rejects.toThrow("does not exist or was dropped");
});

test("a signal that was aborted stops a run before it begins", async () => {
  const program = await engine.load(squares());
  await expect(program.run({ feeds: {}, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

test("more memory than one store can hold is an error that says how much", async () => {
  const store = engine.createStore([{ name: "huge", dims: [300_000_000] }], { trainable: true });
  await expect(store).rejects.toThrow("expected at most 4.0 GiB for one, received 4.5 GiB for huge [300000000]");
});

test("the shared engine: another number of threads is another engine, and cores that are not used are told", async () => {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  await configureSharedEngine({ device: "cpu", threads: undefined }, log);
  const all = sharedEngine();
  await configureSharedEngine({ device: "cpu", threads: 1 }, log);
  const one = sharedEngine();
  expect(one).not.toBe(all);
  await expect(all.describe()).rejects.toThrow("the engine was closed");
  await configureSharedEngine({ device: "cpu", threads: 1 }, log);
  expect(sharedEngine()).toBe(one);
  const cores = availableParallelism();
  const told = `Models run on 1 of ${cores} cores, for the same numbers on every machine; threads=all is faster.`;
  expect(lines).toEqual(cores > 1 ? [told, told] : []);
  await configureSharedEngine({ device: "cpu", threads: undefined }, log);
});

test("an engine that was closed refuses calls", async () => {
  const own = new Engine();
  const waiting = own.describe();
  await own.close();
  await expect(waiting).rejects.toThrow("the engine was closed");
  await expect(own.describe()).rejects.toThrow("the engine was closed");
});
