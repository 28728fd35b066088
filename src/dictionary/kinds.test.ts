import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { evaluate, type Plain } from "../../test/support/plain-operators.js";
import { Graph } from "../graph/builder.js";
import type { DictionaryKind, KindName, KindSettings } from "./kind.js";
import { kindNames, recordOf, rowOf } from "./kinds.js";

/** One of each kind: its settings, the trained kind, and the codes of `preActivations`. */
const cases: { readonly [Name in KindName]: { settings: KindSettings; kind: DictionaryKind; codes: number[] } } = {
  relu: {
    settings: { name: "relu", l1Coef: 0.5 },
    kind: { name: "relu" },
    codes: [1, 0, 3, 0.5, 0, 0, 0.25, 0],
  },
  topk: { settings: { name: "topk", k: 2 }, kind: { name: "topk", k: 2 }, codes: [1, 0, 3, 0, 0, 0, 0.25, 0] },
};
/** Two tokens, four features; the second token has fewer positive ones than top-k keeps. */
const preActivations = { dims: [2, 4], data: [1, -2, 3, 0.5, -1, -3, 0.25, -0.5] };
const noTensor = () => Promise.reject(new Error("it has no trained tensors"));

function codesOf(kind: DictionaryKind, x: Plain, features?: readonly number[]): readonly number[] {
  const g = new Graph("codes");
  const codes = rowOf(kind).activation(g, g.input("x", x.dims), (name, dims, dtype) => g.input(name, dims, dtype));
  g.output("codes", codes);
  const feeds = Object.entries(rowOf(kind).feeds(kind, features)).map(([name, { dims, data }]) => [
    name,
    { dims, data: Array.from(data, Number) },
  ]);
  return evaluate(g, { x, ...Object.fromEntries(feeds) }).codes.data;
}

test.each(Object.values(cases))("codes of $kind, in training and in use", async ({ settings, kind, codes }) => {
  const { training, problem } = rowOf(settings);
  expect(await training.finish(settings, noTensor)).toEqual(kind);
  expect([training.problem(settings, 4), problem(kind, 4)]).toEqual([undefined, undefined]);
  expect(codesOf(kind, preActivations)).toEqual(codes);
  const g = new Graph("training");
  g.output(
    "codes",
    training.activation(g, g.input("x", [2, 4]), settings, () => g.input("no tensor", [4])),
  );
  expect(evaluate(g, { x: preActivations }).codes.data).toEqual(codes);
});

test("a separable kind gives some features the codes that they have among all", () => {
  const some = [3, 0];
  const columns = (data: readonly number[]) => [0, 4].flatMap((start) => some.map((feature) => data[start + feature]));
  for (const { kind, codes } of Object.values(cases)) {
    const alone = { dims: [2, 2], data: columns(preActivations.data) };
    if (rowOf(kind).separable) expect(codesOf(kind, alone, some)).toEqual(columns(codes));
  }
  expect(kindNames.filter((name) => rowOf({ name }).separable)).toEqual(["relu"]);
});

test("the loss of ReLU has the weighted L1 norm of the codes, that of top-k the error alone", () => {
  const lossOf = (settings: KindSettings): number => {
    const { training } = rowOf(settings);
    const g = new Graph("loss");
    const [error, l1] = [g.input("error", []), g.input("l1", [])];
    const x = g.input("x", [2, 4]);
    const terms = { error, l1, preActivations: x, codes: g.relu(x) };
    g.output(
      "loss",
      g.add(
        training.loss(g, terms, (name) => g.input(name, [])),
        g.scalar(0),
      ),
    );
    const scalars = { error: 7, l1: 3, ...training.weights(settings, 10) };
    const feeds = Object.entries(scalars).map(([name, value]) => [name, { dims: [], data: [value] }]);
    return evaluate(g, { x: preActivations, ...Object.fromEntries(feeds) }).loss.data[0];
  };
  expectClose([lossOf(cases.relu.settings), lossOf(cases.topk.settings)], [7 + (0.5 / 10) * 3, 7], 1e-12);
});

test("settings as names and as records", () => {
  const settings = Object.values(cases).map(({ settings }) => settings);
  expect(settings.map((one) => rowOf(one).training.label(one))).toEqual(["l1 0.5", "k 2"]);
  expect(settings.map(recordOf)).toEqual([{ l1Coef: 0.5 }, { k: 2 }]);
  expect(settings.map((one) => rowOf(one).training.facts(one))).toEqual([{ l1Coef: 0.5 }, {}]);
});

test("k must be a whole number of features", () => {
  for (const k of [0, 5, 1.5])
    expect(rowOf({ name: "topk" }).problem({ name: "topk", k }, 4)).toEqual({
      ...{ parameter: "k", expected: "a whole number from 1 to 4", received: String(k) },
    });
});
