/** Runs a small graph on the engine and compares it with the plain reference: values, sizes and gradients. */
import { expect } from "vitest";
import { gradients } from "../../src/graph/backward.js";
import { Graph } from "../../src/graph/builder.js";
import type { Dim, DType } from "../../src/graph/dims.js";
import type { Value } from "../../src/graph/value.js";
import { Rng } from "../../src/rng.js";
import type { Engine } from "../../src/runtime/engine.js";
import { elementCount, type Tensor } from "../../src/runtime/tensor.js";
import { expectClose } from "./expect-close.js";
import { evaluate, type Plain } from "./plain-operators.js";

export interface GraphInput {
  readonly dims: readonly Dim[];
  readonly dtype?: DType;
  /** Draws one element. */
  readonly draw: (rng: Rng) => number;
}

export interface GraphCase {
  readonly inputs: Readonly<Record<string, GraphInput>>;
  readonly build: (g: Graph, x: Readonly<Record<string, Value>>) => Value;
  /** Why no gradient reaches the float inputs. */
  readonly noGradient?: string;
}

/** What the named sizes are at run time. */
const sizes: Readonly<Record<string, number>> = { batch: 2, length: 3, past: 4, one: 1 };

/** Float arithmetic of a few dozen terms on values up to about 10. */
const TOLERANCE = 3e-5;
/** The reference is double precision, so that a small step leaves an error far below the tolerance. */
const STEP = 1e-5;

export function sizeOf(dim: Dim): number {
  return String(dim)
    .split("+")
    .map((term) => term.split("*").reduce((product, factor) => product * (sizes[factor] ?? Number(factor)), 1))
    .reduce((total, term) => total + term, 0);
}

function tensorOf({ dims, data }: Plain, dtype: DType): Tensor {
  if (dtype === "int64") return { dims, data: BigInt64Array.from(data, BigInt) };
  return { dims, data: dtype === "bool" ? Uint8Array.from(data) : Float32Array.from(data) };
}

/** @param named whether sizes keep their names in the graph, or are fixed numbers there */
export async function checkGraph(
  engine: Engine,
  { inputs, build, noGradient }: GraphCase,
  named: boolean,
): Promise<Graph> {
  const entries = Object.entries(inputs);
  const forward = (): { g: Graph; x: Record<string, Value>; loss: Value } => {
    const g = new Graph("case");
    const dimsOf = (dims: readonly Dim[]): readonly Dim[] => (named ? dims : dims.map(sizeOf));
    const x = Object.fromEntries(entries.map(([name, { dims, dtype }]) => [name, g.input(name, dimsOf(dims), dtype)]));
    const y = build(g, x);
    const asFloat = g.cast(y, "float32");
    g.output("y", asFloat);
    // Random weights, so that every element of the result counts differently.
    const loss = g.reduceSum(g.mul(asFloat, g.input("weights", y.dims)));
    g.output("loss", loss);
    return { g, x, loss };
  };
  const { g: plain } = forward();
  const { g, x, loss } = forward();
  const wanted = entries.filter(([, { dtype }]) => dtype === undefined).map(([name]) => name);
  const values = wanted.map((name) => x[name]);
  const differentiable = noGradient === undefined && wanted.length > 0;
  if (!differentiable && wanted.length > 0)
    expect(() => gradients(g, loss, values), noGradient).toThrow("does not depend on");
  if (differentiable)
    for (const [i, gradient] of gradients(g, loss, values).entries()) g.output(`to ${wanted[i]}`, gradient);

  const rng = Rng.fromSeed(1, "case", ...Object.keys(inputs));
  const drawn = (dims: readonly Dim[], draw: (rng: Rng) => number): Plain => {
    const concrete = dims.map(sizeOf);
    return { dims: concrete, data: Array.from({ length: elementCount(concrete) }, () => Math.fround(draw(rng))) };
  };
  const feeds: Record<string, Plain> = Object.fromEntries(
    entries.map(([name, input]) => [name, drawn(input.dims, input.draw)]),
  );
  feeds.weights = drawn(g.inputs.find(({ name }) => name === "weights")!.dims, (r) => r.normal());

  const program = await engine.load(g);
  const fetch = g.outputs.map(({ name }) => name);
  const given = g.inputs.map(({ name, dtype }) => [name!, tensorOf(feeds[name!], dtype)] as const);
  const results = await program.run({ feeds: Object.fromEntries(given), fetch });
  await program.drop();

  const expected = evaluate(plain, feeds).y;
  const yDims = g.outputs[0].value.dims;
  expect(results.y.dims, "sizes at run time").toEqual(expected.dims);
  expect(yDims.map(sizeOf), "sizes that the shape rule gives").toEqual(expected.dims);
  expectClose(results.y.data as Float32Array, expected.data, TOLERANCE, "values");
  if (!differentiable) return g;
  for (const name of wanted) {
    const numeric = feeds[name].data.map((value, i) => {
      const lossAt = (moved: number): number =>
        evaluate(plain, { ...feeds, [name]: { ...feeds[name], data: feeds[name].data.with(i, moved) } }).loss.data[0];
      return (lossAt(value + STEP) - lossAt(value - STEP)) / (2 * STEP);
    });
    expect(results[`to ${name}`].dims, `sizes of the gradient to ${name}`).toEqual(feeds[name].dims);
    expectClose(results[`to ${name}`].data as Float32Array, numeric, TOLERANCE, `gradient to ${name}`);
  }
  return g;
}
