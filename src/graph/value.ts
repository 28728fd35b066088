/** What a graph is made of: symbolic values and the nodes that make them. */
import type { Attributes, OpName } from "./op.js";

export type DType = "float32" | "int64" | "bool";

/**
 * A size: a number, or the name of a size that is known only when the graph runs, such as `batch`.
 * Products and sums of names are spelled in one way (`batch*length`, `past+length`), so that equal sizes compare equal.
 */
export type Dim = number | string;

/** A tensor that will exist when the graph runs. */
export interface Value {
  readonly id: number;
  readonly dtype: DType;
  readonly dims: readonly Dim[];
  /** The node that makes it; null for an input of the graph. */
  readonly node: Node | null;
  /** Set for inputs: the name under which it is fed. */
  readonly name?: string;
}

/** One application of an operator. `place` says where in the model it stands, for messages. */
export interface Node<K extends OpName = OpName> {
  readonly op: K;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes[K];
  readonly place: string;
}

/** `[batch, length, 512]` */
export function formatDims(dims: readonly Dim[]): string {
  return `[${dims.join(", ")}]`;
}

/** The product of sizes, in its one spelling: numbers first, names sorted. */
export function multiplyDims(dims: readonly Dim[]): Dim {
  let count = 1;
  const names: string[] = [];
  for (const dim of dims) {
    if (typeof dim === "number") count *= dim;
    else
      for (const factor of dim.split("*")) {
        if (/^\d+$/.test(factor)) count *= Number(factor);
        else names.push(factor);
      }
  }
  if (names.length === 0) return count;
  names.sort();
  return (count === 1 ? names : [String(count), ...names]).join("*");
}

/** The sum of sizes, in its one spelling. */
export function addDims(dims: readonly Dim[]): Dim {
  const numbers = dims.filter((dim) => typeof dim === "number").reduce((sum, dim) => sum + dim, 0);
  const names = dims.filter((dim) => typeof dim === "string").sort();
  if (names.length === 0) return numbers;
  return (numbers === 0 ? names : [...names, String(numbers)]).join("+");
}

export function sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** -1 is the last axis. */
export function normaliseAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
