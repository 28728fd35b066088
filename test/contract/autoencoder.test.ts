/** The training graph of autoencoders: its gradients against central differences, in double precision. */
import { expect, test } from "vitest";
import type { KindSettings } from "../../src/dictionary/kind.js";
import { trainingOf } from "../../src/dictionary/training-kinds.js";
import { Rng } from "../../src/rng.js";
import { boundName } from "../../src/runtime/names.js";
import { elementCount } from "../../src/runtime/tensor.js";
import type { AutoencoderShape } from "../../src/sae/autoencoder-graph.js";
import { autoencoderLayout, trainingGraph } from "../../src/sae/autoencoder-graph.js";
import { expectClose } from "../support/expect-close.js";
import { evaluate, type Plain } from "../support/plain-operators.js";

const STEP = 1e-6;
const sizes = { dIn: 3, dSae: 5 };

const relu: KindSettings = { name: "relu", l1Coef: 1.2 };
const topK: KindSettings = { name: "topk", k: 2 };

test.each<[string, AutoencoderShape]>([
  ["tied", { name: "a", ...sizes, tied: true, kind: relu }],
  ["untied", { name: "a", ...sizes, tied: false, kind: relu }],
  ["tied, top-k", { name: "a", ...sizes, tied: true, kind: topK }],
  ["untied, top-k", { name: "a", ...sizes, tied: false, kind: topK }],
  ["tied, batch top-k", { name: "a", ...sizes, tied: true, kind: { name: "batchtopk", k: 2 } }],
])("%s", (_name, shape) => {
  const rng = Rng.fromSeed(3, "autoencoder");
  const draw = (dims: readonly number[]): Plain => ({
    dims,
    data: Array.from({ length: elementCount(dims) }, () => rng.normal()),
  });
  const layout = autoencoderLayout(shape);
  const weights = Object.entries(trainingOf(shape.kind).weights(shape.kind, 4)).map(
    ([name, value]) => [`a.${name}`, value] as const,
  );
  const feeds: Record<string, Plain> = {
    x: draw([4, 3]),
    ...Object.fromEntries(
      [["errorWeight", 0.7] as const, ...weights].map(([name, value]) => [name, { dims: [], data: [value] }]),
    ),
    ...Object.fromEntries(layout.map(({ name, dims }) => [boundName("parameters", name), draw(dims)])),
  };
  const graph = trainingGraph([shape]);
  const lossAt = (inputs: Record<string, Plain>): number => {
    const { "a.squaredError": error, "a.l1": l1 } = evaluate(graph, inputs);
    return 0.7 * error.data[0] + (shape.kind.name === "relu" ? 0.3 * l1.data[0] : 0);
  };
  const outputs = evaluate(graph, feeds);
  if ("k" in shape.kind) expect(outputs["a.l0"].data[0]).toBeLessThanOrEqual(4 * shape.kind.k);
  for (const { name } of layout) {
    const input = boundName("parameters", name);
    const numeric = feeds[input].data.map((value, i) => {
      const moved = (to: number): Record<string, Plain> => ({
        ...feeds,
        [input]: { ...feeds[input], data: feeds[input].data.with(i, to) },
      });
      return (lossAt(moved(value + STEP)) - lossAt(moved(value - STEP))) / (2 * STEP);
    });
    expectClose(outputs[boundName("gradients", name)].data, numeric, 1e-6, name);
    expect(
      numeric.some((value) => Math.abs(value) > 0.01),
      name,
    ).toBe(true);
  }
});
