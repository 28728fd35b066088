/** The engine's numbers for what its worker holds: programs, stores and states. */
import { InternalError } from "../errors.js";

/** @throws InternalError when nothing has the number, or no longer */
export function lookUp<T>(table: ReadonlyMap<number, T>, handle: number, kind: string): T {
  const found = table.get(handle);
  if (found === undefined) throw new InternalError(`${kind} ${handle} does not exist or was dropped`);
  return found;
}
