/** Tensors of a file whose values must be finite, such as weights. */
import { FormatError } from "../errors.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { shownName } from "./shown-value.js";
import type { TensorFile } from "./tensor-file.js";

/** Bits of a float32 that are all 1 in infinities and NaN, and in no other value. */
const EXPONENT = 0x7f800000;

/**
 * Number of values that are NaN or infinite. Tests only the bits: about 2 ms per million values.
 */
function countNotFinite(data: Float32Array): number {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  let count = 0;
  for (let i = 0; i < bits.length; i++) if ((bits[i] & EXPONENT) === EXPONENT) count++;
  return count;
}

/** The indices of a value in a tensor, e.g. [3, 17]. */
function placeOf(index: number, dims: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const size of dims.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

/**
 * One tensor, as `TensorFile.read` returns it.
 * @param shape the expected sizes; default: any
 * @throws FormatError that names file, tensor, and the first value that is NaN or infinite, or the
 *   unexpected sizes; otherwise as `read`
 */
export async function readFinite(
  file: Omit<TensorFile, "close">,
  name: string,
  shape?: readonly number[],
): Promise<FloatTensor> {
  const found = file.tensors.get(name)?.shape;
  if (found && shape && found.join() !== shape.join())
    throw new FormatError(
      file.path,
      `tensor ${shownName(name)}: expected [${shape.join(", ")}], received [${found.join(", ")}]`,
    );
  const tensor = await file.read(name);
  const { data, dims } = tensor;
  const wrong = countNotFinite(data);
  if (wrong === 0) return tensor;
  const index = data.findIndex((value) => !Number.isFinite(value));
  throw new FormatError(
    file.path,
    `tensor ${shownName(name)}: ${wrong} of ${data.length} values are not finite, the first is ${data[index]} at [${placeOf(index, dims).join(", ")}]`,
    {
      help: "The values were damaged in training or conversion: use an earlier checkpoint, or convert again.",
    },
  );
}
