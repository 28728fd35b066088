import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { evaluate, type Plain } from "../../test/support/plain-operators.js";
import { Graph } from "../graph/builder.js";
import type { DictionaryKind, KindSettings, TrainingKindName } from "./kind.js";
import { kindNames, rowOf } from "./kinds.js";
import { recordOf, trainingOf } from "./training-kinds.js";

/** One of each kind: its settings, the trained kind, and the codes of `preActivations`. */
const cases: {
  readonly [Name in TrainingKindName]: { settings: KindSettings; kind: DictionaryKind; codes: number[] };
} = {
  relu: {
    settings: { name: "relu", l1Coef: 0.5 },
    kind: { name: "relu" },
    codes: [1, 0, 3, 0.5, 0, 0, 0.25, 0],
  },
  topk: { settings: { name: "topk", k: 2 }, kind: { name: "topk", k: 2 }, codes: [1, 0, 3, 0, 0, 0, 0.25, 0] },
  // Training keeps the two largest of both tokens; use keeps values above the mean threshold, 0.75.
  batchtopk: {
    settings: { name: "batchtopk", k: 1 },
    kind: { name: "jumprelu", threshold: new Float32Array(4).fill(0.75) },
    codes: [1, 0, 3, 0, 0, 0, 0, 0],
  },
  jumprelu: {
    settings: { name: "jumprelu", l0Coef: 0.25 },
    kind: { name: "jumprelu", threshold: Float32Array.of(0.5, 0, 2, 0.75) },
    codes: [1, 0, 3, 0, 0, 0, 0, 0],
  },
};
/** Two tokens, four features; the second token has fewer positive ones than top-k keeps. */
const preActivations = { dims: [2, 4], data: [1, -2, 3, 0.5, -1, -3, 0.25, -0.5] };
const thresholds = [0.5, -1, 2, 0.75];

/** A kind that is read but not trained: its gate is the pre-activation, its magnitude a line over it. */
const gated = {
  kind: { name: "gated", scale: Float32Array.of(2, 1, 0.5, 4), shift: Float32Array.of(-0.5, 1, -2, 0.5) },
  codes: [1.5, 0, 0, 2.5, 0, 0, 0, 0],
} as const;

test("a gated dictionary has its magnitude where its gate is open", () => {
  expect(codesOf(gated.kind, preActivations)).toEqual(gated.codes);
  expect(rowOf(gated.kind).problem(gated.kind, 4)).toBe(undefined);
  const short = { ...gated.kind, shift: new Float32Array(3) };
  expect(rowOf(short).problem(short, 4)).toEqual({ parameter: "shift", expected: "4 values", received: "3" });
});
const trained = { dSae: 4, average: () => 0.75, tensor: async () => Float32Array.from(thresholds) };

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

test.each(Object.values(cases))("codes of $settings, in training and in use", async ({ settings, kind, codes }) => {
  const training = trainingOf(settings);
  expect(await training.finish(settings, trained)).toEqual(kind);
  expect([training.problem(settings, 4), rowOf(kind).problem(kind, 4)]).toEqual([undefined, undefined]);
  expect(codesOf(kind, preActivations)).toEqual(codes);
  const g = new Graph("training");
  const observed: string[] = [];
  g.output(
    "codes",
    training.activation(
      g,
      g.input("x", [2, 4]),
      settings,
      () => g.input("threshold", [4]),
      (name, value) => {
        observed.push(name);
        g.output(name, value);
      },
    ),
  );
  const outputs = evaluate(g, { x: preActivations, threshold: { dims: [4], data: thresholds } });
  expect(outputs.codes.data).toEqual(codes);
  expect(observed).toEqual(training.observed);
  if (settings.name === "batchtopk") expect(outputs.threshold.data).toEqual([1]);
});

test("a kind with rescaled pre-activations has the rescaled codes, or is refused", () => {
  const factors = [2, 1, 0.5, 3];
  const scale = (data: readonly number[]) => data.map((value, i) => value * factors[i % 4]);
  const x = { ...preActivations, data: scale(preActivations.data) };
  for (const { kind, codes } of [...Object.values(cases), gated]) {
    const rescaled = rowOf(kind).rescaled(kind, Float64Array.from(factors));
    expect(rescaled && codesOf(rescaled, x)).toEqual(kind.name === "topk" ? undefined : scale(codes));
  }
});

test("a separable kind gives some features the codes that they have among all", () => {
  const some = [3, 0];
  const columns = (data: readonly number[]) => [0, 4].flatMap((start) => some.map((feature) => data[start + feature]));
  for (const { kind, codes } of [...Object.values(cases), gated]) {
    const alone = { dims: [2, 2], data: columns(preActivations.data) };
    if (rowOf(kind).separable) expect(codesOf(kind, alone, some)).toEqual(columns(codes));
  }
  expect(kindNames.filter((name) => rowOf({ name }).separable)).toEqual(["relu", "jumprelu", "gated"]);
});

test("the loss has the weighted L1 norm of ReLU, the weighted number of active features of JumpReLU, or the error alone", () => {
  const lossOf = (settings: KindSettings): number => {
    const training = trainingOf(settings);
    const g = new Graph("loss");
    const [error, l1] = [g.input("error", []), g.input("l1", [])];
    const x = g.input("x", [2, 4]);
    const terms = { error, l1, preActivations: x, codes: g.relu(x) };
    const loss = training.loss(
      g,
      terms,
      (name) => g.input(name, []),
      () => g.constant(thresholds),
    );
    g.output("loss", g.add(loss, g.scalar(0)));
    const scalars = { error: 7, l1: 3, ...training.weights(settings, 10) };
    const feeds = Object.entries(scalars).map(([name, value]) => [name, { dims: [], data: [value] }]);
    return evaluate(g, { x: preActivations, ...Object.fromEntries(feeds) }).loss.data[0];
  };
  const { relu, topk, batchtopk, jumprelu } = cases;
  const losses = [relu, topk, batchtopk, jumprelu].map(({ settings }) => lossOf(settings));
  expectClose(losses, [7 + (0.5 / 10) * 3, 7, 7, 7 + (0.25 / 10) * 2], 1e-12);
});

test("settings as names and as records", () => {
  const settings = Object.values(cases).map(({ settings }) => settings);
  expect(settings.map((one) => trainingOf(one).label(one))).toEqual(["l1 0.5", "k 2", "batch k 1", "l0 0.25"]);
  expect(settings.map(recordOf)).toEqual([{ l1Coef: 0.5 }, { k: 2 }, { k: 1 }, { l0Coef: 0.25 }]);
  expect(settings.map((one) => trainingOf(one).facts(one))).toEqual([
    { l1Coef: 0.5 },
    {},
    { trainedK: 1 },
    { l0Coef: 0.25 },
  ]);
});

test("k must be a whole number of features", () => {
  for (const k of [0, 5, 1.5])
    expect(rowOf({ name: "topk" }).problem({ name: "topk", k }, 4)).toEqual({
      ...{ parameter: "k", expected: "a whole number from 1 to 4", received: String(k) },
    });
});

test("there must be a threshold for every feature", () => {
  const kind: DictionaryKind = { name: "jumprelu", threshold: new Float32Array(3) };
  expect(rowOf(kind).problem(kind, 4)).toEqual({ parameter: "threshold", expected: "4 values", received: "3" });
});
