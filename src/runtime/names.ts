/**
 * Names of a graph's inputs and outputs that are bound to stores and state instead of being fed and
 * fetched: `KIND/NAME`, where NAME is that of a parameter or of a tensor of the state.
 */

/** Inputs: parameters from the run's stores, tensors from its state. */
type BoundInput = "parameters" | "state";

/** Outputs: gradients into the run's stores, `next` (new rows) into its state. */
const boundOutputs = ["gradients", "gradientRows", "gradientIndices", "next"] as const;

export type BoundKind = BoundInput | (typeof boundOutputs)[number];

/** The feed with the rows of the state for the outputs `next/NAME`, int64 [rows, 1]. */
export const STATE_SLOTS = "slots";

/** `parameters`, `bias` -> `parameters/bias` */
export function boundName(kind: BoundKind, name: string): string {
  return `${kind}/${name}`;
}

/** `parameters`, `parameters/bias` -> `bias`; undefined for a name of another kind. */
export function nameIn(kind: BoundKind, bound: string): string | undefined {
  return bound.startsWith(`${kind}/`) ? bound.slice(kind.length + 1) : undefined;
}

/** Whether an output stays in the engine. */
export function isBoundOutput(name: string): boolean {
  return boundOutputs.some((kind) => nameIn(kind, name) !== undefined);
}
