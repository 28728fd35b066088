/** Checks of every backend before a run: native code does not check sizes. */
import { ShapeError } from "../../errors.js";
import type { Session } from "../backend.js";
import { elementCount, type Tensor } from "../tensor.js";

/**
 * @throws ShapeError that names every missing input, every name that the graph does not have, and
 *   every tensor whose array has another length than its sizes say
 */
export function checkRun(
  { inputNames, outputNames }: Pick<Session, "inputNames" | "outputNames">,
  feeds: Readonly<Record<string, Tensor>>,
  fetches: Readonly<Record<string, Tensor | null>>,
): void {
  const problems = inputNames.filter((name) => !feeds[name]).map((name) => `input ${name} was not fed`);
  const look = (kind: string, known: readonly string[], given: Readonly<Record<string, Tensor | null>>): void => {
    const names = new Set(known);
    for (const [name, tensor] of Object.entries(given)) {
      if (!names.has(name)) problems.push(`the graph has no ${kind} ${name}`);
      if (tensor && !isWhole(tensor))
        problems.push(
          `${kind} ${name}: expected ${elementCount(tensor.dims)} elements for [${tensor.dims.join(", ")}], received ${tensor.data.length}`,
        );
    }
  };
  look("input", inputNames, feeds);
  look("output", outputNames, fetches);
  if (problems.length > 0) throw new ShapeError(problems.join("; "));
}

function isWhole({ dims, data }: Tensor): boolean {
  return dims.every((size) => Number.isSafeInteger(size) && size >= 0) && elementCount(dims) === data.length;
}
