/** Random small graphs of several operators: gradients on the engine against central differences. */
import fc from "fast-check";
import { afterAll, test } from "vitest";
import type { Graph } from "../../src/graph/builder.js";
import type { Value } from "../../src/graph/value.js";
import { checkGraph, type GraphInput } from "../support/check-graph.js";
import { contractEngine } from "../support/contract-engine.js";

const engine = await contractEngine();
afterAll(() => engine.close());

const WIDTH = 3;

/** Steps keep every value a matrix of 1 or `batch` rows and 1 or WIDTH columns, of size about 1, so that any two can meet. */
const steps: readonly ((g: Graph, a: Value, b: Value, x: Readonly<Record<string, Value>>) => Value)[] = [
  (g, a, b) => g.tanh(g.add(a, b)),
  (g, a, b) => g.sub(a, g.sigmoid(b)),
  (g, a, b) => g.mul(g.tanh(a), b),
  (g, a, b) => g.div(a, g.shift(g.square(b), 1)),
  (g, a) => g.gelu(a),
  (g, a) => g.gelu(a, "tanh"),
  (g, a) => g.erf(a),
  (g, a) => g.exp(g.neg(g.square(a))),
  (g, a) => g.log(g.shift(g.square(a), 1)),
  (g, a) => g.sqrt(g.shift(g.square(a), 0.5)),
  (g, a) => g.reciprocal(g.shift(g.square(a), 1)),
  (g, a) => g.softmax(a, 1),
  (g, a) => g.softmax(a, 0),
  (g, a) => g.scale(g.logSoftmax(a), 0.3),
  (g, a) => g.reduceMean(a, [1], true),
  (g, a) => g.reduceSum(g.tanh(a), [0], true),
  (g, a) => g.scale(g.cumSum(a, 1), 0.5),
  (g, a) => g.swapLast(g.tanh(g.swapLast(a))),
  (g, a, _b, x) => (a.dims[1] === WIDTH ? g.tanh(g.linear(a, x.weight, x.bias)) : g.tanh(g.mul(a, x.bias))),
  (g, a, _b, x) => (a.dims[1] === WIDTH ? g.layerNorm(a, x.bias, x.scale, 0.1) : a),
  (g, a) => (a.dims[1] === WIDTH ? g.concat([g.slice(a, 1, 2, WIDTH), g.slice(a, 1, 0, 2)], 1) : a),
  (g, a) => (a.dims[1] === WIDTH ? g.slice(g.pad(a, 1, 1, 1), 1, 0, WIDTH) : a),
  (g, a, b, x) => g.add(g.gather(x.table, x.at), g.tanh(g.mul(a, b))),
  (g, a, b) =>
    g.matMul(g.softmax(g.matMul(g.tanh(a), g.swapLast(a))), a.dims[1] === b.dims[1] && a.dims[0] === b.dims[0] ? b : a),
];

const real = (...dims: (string | number)[]): GraphInput => ({ dims, draw: (rng) => rng.normal() });
const inputs = {
  matrix: real("batch", WIDTH),
  row: real(WIDTH),
  column: real("batch", 1),
  weight: real(WIDTH, WIDTH),
  bias: real(WIDTH),
  scale: real(WIDTH),
  table: real(4, WIDTH),
  at: { dims: ["batch"], dtype: "int64", draw: (rng) => rng.integer(4) },
} satisfies Record<string, GraphInput>;

test("gradients of random graphs", async () => {
  const operand = fc.nat({ max: 1000 });
  const program = fc.array(fc.tuple(fc.nat({ max: steps.length - 1 }), operand, operand), {
    minLength: 2,
    maxLength: 7,
  });
  await fc.assert(
    fc.asyncProperty(program, fc.boolean(), async (chosen, named) => {
      const build = (g: Graph, x: Readonly<Record<string, Value>>): Value => {
        const pool = [x.matrix, g.unsqueeze(x.row, 0), x.column];
        for (const [step, a, b] of chosen) {
          // The newest values are likeliest, so that graphs grow deep.
          const pick = (n: number): Value => pool[pool.length - 1 - (n % Math.min(pool.length, 3))];
          pool.push(steps[step](g, pick(a), pick(b), x));
        }
        // Everything takes part in the result, so that the gradient reaches every input.
        const rest = Object.values(x).filter((value) => value.dtype === "float32");
        const touched = rest.map((value) => g.reduceSum(g.tanh(value)));
        return [...touched, ...pool.slice(3).map((value) => g.reduceMean(value))].reduce((sum, value) =>
          g.add(sum, value),
        );
      };
      await checkGraph(engine, { inputs, build }, named);
    }),
    { seed: 2, numRuns: 60 },
  );
});
