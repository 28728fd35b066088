/** Token ids that a record has as a padded batch. */
import type { openSafetensors } from "../../src/io/safetensors.js";

/** The rows of `input_ids` [count, length] without their padding, by `attention_mask`. */
export async function recordedRows(file: Awaited<ReturnType<typeof openSafetensors>>): Promise<number[][]> {
  const [count, length] = file.tensors.get("input_ids")!.shape;
  const [ids, mask] = [await file.readInts("input_ids"), await file.readInts("attention_mask")];
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length }, (_, t) => row * length + t)
      .filter((at) => Number(mask[at]) === 1)
      .map((at) => Number(ids[at])),
  );
}
