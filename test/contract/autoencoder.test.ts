/** The training graph of autoencoders: its gradients against central differences, in double precision. */
import { expect, test } from "vitest";
import { Rng } from "../../src/rng.js";
import { elementCount } from "../../src/runtime/tensor.js";
import type { AutoencoderShape } from "../../src/sae/autoencoder-graph.js";
import { autoencoderLayout, trainingGraph } from "../../src/sae/autoencoder-graph.js";
import { expectClose } from "../support/expect-close.js";
import { evaluate, type Plain } from "../support/plain-operators.js";

const STEP = 1e-6;
const sizes = { dIn: 3, dSae: 5 };

test.each<[string, AutoencoderShape]>([
  ["tied", { name: "a", ...sizes, tied: true }],
  ["untied", { name: "a", ...sizes, tied: false }],
  ["tied, top-k", { name: "a", ...sizes, tied: true, k: 2 }],
  ["untied, top-k", { name: "a", ...sizes, tied: false, k: 2 }],
])("%s", (_name, shape) => {
  const rng = Rng.fromSeed(3, "autoencoder");
  const draw = (dims: readonly number[]): Plain => ({
    dims,
    data: Array.from({ length: elementCount(dims) }, () => rng.normal()),
  });
  const layout = autoencoderLayout(shape);
  const weights = { errorWeight: 0.7, ...(shape.k === undefined && { "a.l1Weight": 0.3 }) };
  const feeds: Record<string, Plain> = {
    x: draw([4, 3]),
    ...Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, { dims: [], data: [value] }])),
    ...Object.fromEntries(layout.map(({ name, dims }) => [`parameters/${name}`, draw(dims)])),
  };
  const graph = trainingGraph([shape]);
  const lossAt = (inputs: Record<string, Plain>): number => {
    const { "a.squaredError": error, "a.l1": l1 } = evaluate(graph, inputs);
    return 0.7 * error.data[0] + (shape.k === undefined ? 0.3 * l1.data[0] : 0);
  };
  const outputs = evaluate(graph, feeds);
  if (shape.k !== undefined) expect(outputs["a.l0"].data[0]).toBeLessThanOrEqual(4 * shape.k);
  for (const { name } of layout) {
    const input = `parameters/${name}`;
    const numeric = feeds[input].data.map((value, i) => {
      const moved = (to: number): Record<string, Plain> => ({
        ...feeds,
        [input]: { ...feeds[input], data: feeds[input].data.with(i, to) },
      });
      return (lossAt(moved(value + STEP)) - lossAt(moved(value - STEP))) / (2 * STEP);
    });
    expectClose(outputs[`gradients/${name}`].data, numeric, 1e-6, name);
    expect(
      numeric.some((value) => Math.abs(value) > 0.01),
      name,
    ).toBe(true);
  }
});
