import { afterAll, expect, test } from "vitest";
import { expectClose } from "../../../test/support/expect-close.js";
import { gradients } from "../../graph/backward.js";
import { Graph } from "../../graph/builder.js";
import { Rng } from "../../rng.js";
import { Engine } from "../../runtime/engine.js";
import type { FloatTensor, Tensor } from "../../runtime/tensor.js";
import { attend } from "./layers.js";

const engine = new Engine();
afterAll(() => engine.close());

/** Six query heads share two heads of keys and values, three each. */
const [batch, heads, kvHeads, length, headSize] = [2, 6, 2, 3, 2];
const SCALE = 0.5;

const rng = Rng.fromSeed(1, "attention");
const draw = (count: number, positions: number): FloatTensor => ({
  dims: [batch, count, positions, headSize],
  data: Float32Array.from({ length: batch * count * positions * headSize }, () => rng.normal()),
});
const queries = draw(heads, length);

/** [rows, columns] by a function of both. */
function matrix(rows: number, columns: number, entry: (row: number, column: number) => number): FloatTensor {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => entry(Math.floor(i / columns), i % columns));
  return { dims: [rows, columns], data };
}

const ofHeads = (g: Graph, name: string, count: number, positions = "length") =>
  g.input(name, ["batch", count, positions, headSize]);

async function run(g: Graph, feeds: Record<string, FloatTensor>): Promise<Record<string, Tensor>> {
  const program = await engine.load(g);
  return program.run({ feeds, stores: [], fetch: g.outputs.map(({ name }) => name) });
}

test.each([0, 2])("heads of queries that share keys and values, after %i positions of a cache", async (past) => {
  // The whole text; a cache has its first positions, and the pass those after them.
  const all = { keys: draw(kvHeads, past + length), values: draw(kvHeads, past + length) };
  const capacity = past + length + 1;
  const stretch = (name: "keys" | "values", from: number, to: number, places: number): FloatTensor => ({
    dims: [batch, kvHeads, places, headSize],
    data: Float32Array.from({ length: batch * kvHeads * places * headSize }, (_, i) => {
      const [row, place] = [Math.floor(i / headSize / places), Math.floor(i / headSize) % places];
      if (place >= to - from) return 0;
      return all[name].data[(row * (past + length) + from + place) * headSize + (i % headSize)];
    }),
  });
  const columns = past > 0 ? capacity : length;
  const feeds: Record<string, FloatTensor> = {
    queries,
    keys: stretch("keys", past, past + length, length),
    values: stretch("values", past, past + length, length),
    mask: matrix(length, columns, (query, key) => (key <= past + query ? 0 : -1e9)),
    ...(past > 0 && {
      "cache.keys": stretch("keys", 0, past, capacity),
      "cache.values": stretch("values", 0, past, capacity),
      placement: matrix(length, capacity, (query, key) => (key === past + query ? 1 : 0)),
    }),
  };

  const g = new Graph("attention");
  const inputs = [ofHeads(g, "queries", heads), ofHeads(g, "keys", kvHeads), ofHeads(g, "values", kvHeads)] as const;
  const mask = g.input("mask", ["length", past > 0 ? "capacity" : "length"]);
  const cache =
    past > 0
      ? {
          keys: ofHeads(g, "cache.keys", kvHeads, "capacity"),
          values: ofHeads(g, "cache.values", kvHeads, "capacity"),
          placement: g.input("placement", ["length", "capacity"]),
        }
      : undefined;
  const mixed = attend(g, ...inputs, mask, SCALE, cache);
  expect(mixed.dims).toEqual(["batch", "length", heads * headSize]);
  g.output("mixed", mixed);

  const expected: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let t = 0; t < length; t++)
      for (let head = 0; head < heads; head++) {
        const query = queries.data.subarray(((b * heads + head) * length + t) * headSize);
        const first = (b * kvHeads + Math.floor(head / (heads / kvHeads))) * (past + length) * headSize;
        const seen = Array.from({ length: past + t + 1 }, (_, place) => first + place * headSize);
        const weights = seen.map((at) =>
          Math.exp(SCALE * (query[0] * all.keys.data[at] + query[1] * all.keys.data[at + 1])),
        );
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let i = 0; i < headSize; i++)
          expected.push(seen.reduce((sum, at, key) => sum + (weights[key] / total) * all.values.data[at + i], 0));
      }
  expectClose((await run(g, feeds)).mixed.data as Float32Array, expected, 1e-5);
});

test("shared keys and values get the gradients of all heads that read them", async () => {
  const [keys, values] = [draw(kvHeads, length), draw(kvHeads, length)];
  const mask = matrix(length, length, (query, key) => (key <= query ? 0 : -1e9));
  const size = length * headSize;
  /** Each head three times, so that every query head has its own. */
  const repeated = ({ data }: FloatTensor): FloatTensor => ({
    dims: [batch, heads, length, headSize],
    data: Float32Array.from({ length: batch * heads * size }, (_, i) => {
      const head = Math.floor(Math.floor(i / size) / (heads / kvHeads));
      return data[head * size + (i % size)];
    }),
  });
  const gradientsOf = async (count: number, feeds: Record<string, FloatTensor>): Promise<Float32Array[]> => {
    const g = new Graph("gradients of attention");
    const inputs = [ofHeads(g, "queries", heads), ofHeads(g, "keys", count), ofHeads(g, "values", count)] as const;
    const mixed = attend(g, ...inputs, g.input("mask", ["length", "length"]), SCALE);
    gradients(g, g.reduceSum(g.square(mixed)), inputs).forEach((gradient, i) => {
      g.output(`gradient${i}`, gradient);
    });
    const found = await run(g, { queries, mask, ...feeds });
    return [0, 1, 2].map((i) => found[`gradient${i}`].data as Float32Array);
  };
  const shared = await gradientsOf(kvHeads, { keys, values });
  const own = await gradientsOf(heads, { keys: repeated(keys), values: repeated(values) });
  const summed = (gradient: Float32Array): number[] =>
    Array.from({ length: batch * kvHeads * size }, (_, i) => {
      const first = Math.floor(i / size) * (heads / kvHeads);
      return [0, 1, 2].reduce((sum, head) => sum + gradient[(first + head) * size + (i % size)], 0);
    });
  expectClose(shared[0], own[0], 1e-5, "queries");
  expectClose(shared[1], summed(own[1]), 1e-5, "keys");
  expectClose(shared[2], summed(own[2]), 1e-5, "values");
});
