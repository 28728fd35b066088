/** The elements of a graph: symbolic values and the nodes that make them. */
import type { Signature } from "./dims.js";
import type { Attributes, OpName } from "./op.js";

/** A tensor that will exist when the graph runs. */
export interface Value extends Signature {
  readonly id: number;
  /** The node that makes it; null for an input of the graph. */
  readonly node: Node | null;
  /** Set for inputs: the name under which it is fed. */
  readonly name?: string;
}

/** One application of an operator. `place` is its place in the model, for messages. */
export interface Node<K extends OpName = OpName> {
  readonly op: K;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes[K];
  readonly place: string;
}

/** Whether a node applies this operator; its attributes then have the operator's type. */
export function isOp<K extends OpName>(node: Node | null, op: K): node is Node<K> {
  return node?.op === op;
}
