import { afterAll, describe, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { Graph } from "../graph/builder.js";
import { Adam } from "../optim/adam.js";
import { Rng } from "../rng.js";
import { Engine } from "./engine.js";
import { outputGradients } from "./gradient-outputs.js";
import type { ParameterStore } from "./parameter-store.js";

const ROWS = 7;
const SIZE = 4;
const engine = new Engine();
afterAll(() => engine.close());

const layout = [{ name: "table", dims: [ROWS, SIZE], decay: true }];
const rng = Rng.fromSeed(1, "table");
const start = Float32Array.from({ length: ROWS * SIZE }, () => rng.normal());

/**
 * loss = sum of (rows of the table - 1)^2. The rows are looked up, or selected by a product with
 * ones and zeros, whose gradient has all rows. For a tied table, the sum of squares of the whole
 * table is added.
 */
function lookUp(how: "looked up" | "multiplied", tied: boolean): Graph {
  const g = new Graph(`rows ${how}`);
  const table = g.input("parameters/table", [ROWS, SIZE]);
  const rows =
    how === "looked up"
      ? g.gather(table, g.input("ids", ["n"], "int64"))
      : g.matMul(g.input("oneHot", ["n", ROWS]), table);
  const loss = g.reduceSum(g.square(g.shift(rows, -1)));
  outputGradients(g, tied ? g.add(loss, g.reduceSum(g.square(table))) : loss);
  return g;
}

const batches = [[0, 2, 2], [2, 5, 2, 2], [6], [0, 5]];

async function trained(how: "looked up" | "multiplied", { tied = false, weightDecay = 0, resumeAfter = -1 }) {
  const program = await engine.load(lookUp(how, tied));
  const made = async (values: Float32Array): Promise<{ store: ParameterStore; adam: Adam }> => {
    const store = await engine.createStore(layout, { trainable: true });
    await store.write("table", values);
    return { store, adam: new Adam(store, { weightDecay, maxGradNorm: 1 }) };
  };
  let { store, adam } = await made(start);
  const norms: number[] = [];
  const gradients: number[] = [];
  for (const [step, ids] of batches.entries()) {
    const oneHot = Float32Array.from({ length: ids.length * ROWS }, (_, i) =>
      ids[Math.floor(i / ROWS)] === i % ROWS ? 1 : 0,
    );
    const feeds = {
      ids: { dims: [ids.length], data: BigInt64Array.from(ids, BigInt) },
      oneHot: { dims: [ids.length, ROWS], data: oneHot },
    };
    await program.run({ feeds, stores: [store] });
    gradients.push(...(await store.read("table", "gradients")).data);
    norms.push(await adam.step(0.1));
    if (step !== resumeAfter) continue;
    const saved = await adam.state();
    const next = await made((await store.read("table")).data);
    await next.adam.restore(async (name) => saved[name]);
    [store, adam] = [next.store, next.adam];
  }
  return { table: [...(await store.read("table")).data], gradients, norms };
}

describe.each([
  ["a table of its own", {}],
  ["a table that decays", { weightDecay: 0.1 }],
  ["a tied table", { tied: true }],
] as const)("%s", (_name, options) => {
  test("learns by rows what it learns by whole gradients", async () => {
    const byRows = await trained("looked up", options);
    const whole = await trained("multiplied", options);
    expectClose(byRows.gradients, whole.gradients, 1e-6, "gradients");
    expectClose(byRows.norms, whole.norms, 1e-6, "norms");
    expectClose(byRows.table, whole.table, 1e-6, "table");
  });

  test("goes on to the same bits from a saved state", async () => {
    expect(await trained("looked up", { ...options, resumeAfter: 1 })).toEqual(await trained("looked up", options));
  });
});

test("a row that never had a gradient stays as it was, one that had goes on by its momentum", async () => {
  const { table, gradients } = await trained("looked up", {});
  const row = (values: ArrayLike<number>, at: number) => Array.from(values).slice(at * SIZE, (at + 1) * SIZE);
  expect(row(table, 1)).toEqual(row(start, 1));
  expect(row(table, 2)).not.toEqual(row(start, 2));
  // Row 2 has no gradient in the last step, though it had one before.
  expect(row(gradients.slice(-ROWS * SIZE), 2)).toEqual([0, 0, 0, 0]);
});

test("whole gradients after rows, of one store", async () => {
  const store = await engine.createStore(layout, { trainable: true });
  await store.write("table", start);
  const adam = new Adam(store);
  const rows = await engine.load(lookUp("looked up", false));
  const whole = await engine.load(lookUp("multiplied", false));
  const step = async (id: number, program: typeof rows) => {
    const oneHot = Float32Array.from({ length: ROWS }, (_, row) => (row === id ? 1 : 0));
    const feeds = {
      ids: { dims: [1], data: BigInt64Array.of(BigInt(id)) },
      oneHot: { dims: [1, ROWS], data: oneHot },
    };
    await program.run({ feeds, stores: [store] });
    const { data } = await store.read("table", "gradients");
    expect([...data].flatMap((value, i) => (value !== 0 ? [Math.floor(i / SIZE)] : []))).toEqual([id, id, id, id]);
    await adam.step(0.1);
  };
  await step(3, rows);
  await step(4, whole);
  await step(5, rows);
  const { data } = await store.read("table");
  // Steps of Adam are about the learning rate: rows 3 and 4 move on by momentum when 5 has the
  // gradient.
  for (const row of [3, 4, 5]) expect(Math.abs(data[row * SIZE] - start[row * SIZE])).toBeGreaterThan(0.05);
  expect([...data.subarray(0, 3 * SIZE)]).toEqual([...start.subarray(0, 3 * SIZE)]);
});
