import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { evaluate, type Plain } from "../../test/support/plain-operators.js";
import { gradients } from "./backward.js";
import { Graph } from "./builder.js";
import { neededNodes } from "./prune.js";
import { lookedUpApart } from "./structured-gradients.js";
import type { Value } from "./value.js";

const WIDTH = 2;
const CLASSES = 4;

/**
 * Gradients of a sum of log-probabilities, times a factor per row: of classes that are looked up,
 * or that a matrix of ones and zeros picks out, whose gradient has no structure to recognise.
 */
function logProbabilities(pick: (g: Graph, logprobs: Value) => Value): Graph {
  const g = new Graph("log-probabilities");
  const states = g.input("states", ["rows", WIDTH]);
  const weight = g.input("weight", [CLASSES, WIDTH]);
  const picked = pick(g, g.logSoftmax(g.linear(states, weight)));
  const loss = g.reduceSum(g.mul(picked, g.input("factors", ["rows", 1])));
  const [toStates, toWeight] = gradients(g, loss, [states, weight]);
  g.output("toStates", toStates);
  g.output("toWeight", toWeight);
  return g;
}

const feeds: Record<string, Plain> = {
  states: { dims: [3, WIDTH], data: [0.5, -1, 2, 0.25, -0.75, 1.5] },
  weight: { dims: [CLASSES, WIDTH], data: [1, -0.5, 0.3, 0.8, -1.2, 0.1, 0.6, -0.9] },
  factors: { dims: [3, 1], data: [1, -2, 0.5] },
};

const lookedUp = (perRow: number) =>
  logProbabilities((g, logprobs) => g.gatherElements(logprobs, g.input("chosen", ["rows", perRow], "int64"), 1));
const multiplied = logProbabilities((g, logprobs) => g.mul(logprobs, g.input("ones", ["rows", CLASSES])));
const wideOps = (g: Graph) =>
  neededNodes(g)
    .filter(({ outputs: [{ dims }] }) => dims[1] === CLASSES && dims[0] === "rows")
    .map(({ op }) => op);

test("the gradient of one log-probability per row keeps its factors beside the matrix, and is the plain rule's", () => {
  const chosen = { dims: [3, 1], data: [2, 0, 3] };
  const ones = { dims: [3, CLASSES], data: [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1] };
  const structured = evaluate(lookedUp(1), { ...feeds, chosen });
  const plain = evaluate(multiplied, { ...feeds, ones });
  for (const name of ["toStates", "toWeight"]) expectClose(structured[name].data, plain[name].data, 1e-12, name);
  expect(wideOps(lookedUp(1))).toEqual(["MatMul", "LogSoftmax", "Exp", "ScatterElements"]);
  expect(wideOps(multiplied)).toContain("Sub");
});

test("several log-probabilities per row, and one along another axis, have the plain rule's gradient", () => {
  const chosen = { dims: [3, 2], data: [2, 0, 0, 1, 3, 2] };
  const ones = { dims: [3, CLASSES], data: [1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 1, 1] };
  const structured = evaluate(lookedUp(2), { ...feeds, chosen });
  const plain = evaluate(multiplied, { ...feeds, ones });
  for (const name of ["toStates", "toWeight"]) expectClose(structured[name].data, plain[name].data, 1e-12, name);
  expect(wideOps(lookedUp(2))).toContain("Sub");

  const g = new Graph("other axis");
  const x = g.input("x", [1, CLASSES]);
  const picked = g.gatherElements(g.logSoftmax(x, 1), g.input("row", [1, CLASSES], "int64"), 0);
  g.output("gradient", gradients(g, g.reduceSum(picked), [x])[0]);
  expect(neededNodes(g).map(({ op }) => op)).toContain("Sub");
});

test("slices that cover a value have one joined gradient; others are padded and added", () => {
  const ops = (ranges: readonly (readonly [number, number])[]): string[] => {
    const g = new Graph("slices");
    const x = g.input("x", ["batch", 6]);
    const parts = ranges.map(([start, end]) => g.reduceSum(g.exp(g.slice(x, 1, start, end))));
    const loss = parts.reduce((sum, part) => g.add(sum, part));
    g.output("gradient", gradients(g, loss, [x])[0]);
    return neededNodes(g)
      .map(({ op }) => op)
      .filter((op) => op === "Concat" || op === "Pad");
  };
  // Independent of their order.
  expect(
    ops([
      [2, 3],
      [0, 2],
      [3, 6],
    ]),
  ).toEqual(["Concat"]);
  const padded = {
    gap: [
      [0, 2],
      [3, 6],
    ],
    overlap: [
      [0, 3],
      [2, 6],
    ],
    "no beginning": [
      [1, 3],
      [3, 6],
    ],
    "no end": [
      [0, 2],
      [2, 5],
    ],
    twice: [
      [0, 6],
      [0, 6],
    ],
  } as const;
  for (const [name, ranges] of Object.entries(padded)) expect(ops(ranges), name).toEqual(["Pad", "Pad"]);
});

test("rows that were looked up come apart from the rest of a table's gradient", () => {
  const apart = (use: (g: Graph, table: Value) => Value, dims: readonly number[] = [7, 3]) => {
    const g = new Graph("table");
    const table = g.input("table", dims);
    return lookedUpApart(gradients(g, g.reduceSum(g.exp(use(g, table))), [table])[0]);
  };
  const found = (g: Graph, table: Value) => g.gather(table, g.input("ids", ["n"], "int64"));

  const alone = apart(found);
  expect(alone.whole).toBeUndefined();
  expect(alone.lookedUp?.indices.dims).toEqual(["n", 1]);
  expect(alone.lookedUp?.rows.dims).toEqual(["n", 3]);

  const tied = apart((g, table) => g.linear(found(g, table), table));
  expect(tied.whole?.dims).toEqual([7, 3]);
  expect(tied.whole?.node?.op).not.toBe("ScatterND");
  expect(tied.lookedUp?.rows.dims).toEqual(["n", 3]);

  // The gradient of the sum is one number, broadcast over the table, so there is no matrix.
  const withSum = apart((g, table) => g.add(g.reduceSum(table), found(g, table)));
  expect(withSum.whole?.dims).toEqual([7, 3]);
  expect(withSum.lookedUp).toBeUndefined();
  expect(apart((_g, table) => table).lookedUp).toBeUndefined();
  expect(apart(found, [7]).lookedUp).toBeUndefined();
});
