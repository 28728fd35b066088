/**
 * Names of a graph's inputs and outputs that a run finds for itself, instead of having them fed and
 * fetched: `KIND/NAME`, where NAME is that of a parameter or of a tensor of the state.
 */

/** Read before a run: parameters from its stores, tensors from its state. */
type BoundInput = "parameters" | "state";

/** Written after a run: gradients into its stores, `next` (new rows) into its state. */
const boundOutputs = ["gradients", "gradientRows", "gradientIndices", "next"] as const;

export type BoundKind = BoundInput | (typeof boundOutputs)[number];

/** The feed that says which rows of the state the outputs `next/NAME` take, int64 [rows, 1]. */
export const STATE_SLOTS = "slots";

/** `parameters`, `bias` -> `parameters/bias` */
export function boundName(kind: BoundKind, name: string): string {
  return `${kind}/${name}`;
}

/** `parameters`, `parameters/bias` -> `bias`; undefined for a name of another kind. */
export function nameIn(kind: BoundKind, bound: string): string | undefined {
  return bound.startsWith(`${kind}/`) ? bound.slice(kind.length + 1) : undefined;
}

/** Whether an output is one that stays in the engine, whether it is fetched or not. */
export function isBoundOutput(name: string): boolean {
  return boundOutputs.some((kind) => nameIn(kind, name) !== undefined);
}
