import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { expectClose } from "../../../test/support/expect-close.js";
import { gradients } from "../../graph/backward.js";
import { Graph } from "../../graph/builder.js";
import { Engine } from "../../runtime/engine.js";
import { applyActivation, knownActivations } from "./activation.js";

const { points, functions } = JSON.parse(
  readFileSync(new URL("../../../test/golden/activations/activations.json", import.meta.url), "utf8"),
) as { points: number[]; functions: Record<string, { values: number[]; slopes: number[] }> };

const engine = new Engine();
afterAll(() => engine.close());

test("all activations of transformers that have no parameters are known", () => {
  expect([...knownActivations].sort()).toEqual(Object.keys(functions).sort());
});

test.each(knownActivations)("%s and its slope are those of transformers", async (name) => {
  const g = new Graph(name);
  const x = g.input("x", [points.length]);
  const y = applyActivation(g, name, x);
  g.output("y", g.scale(y, 1));
  g.output("slope", g.scale(gradients(g, g.reduceSum(y), [x])[0], 1));
  const program = await engine.load(g);
  const feeds = { x: { dims: [points.length], data: Float32Array.from(points) } };
  const results = await program.run({ feeds, stores: [], fetch: ["y", "slope"] });
  expectClose(results.y.data as Float32Array, functions[name].values, 1e-5, "values");
  expectClose(results.slope.data as Float32Array, functions[name].slopes, 1e-4, "slopes");
});
