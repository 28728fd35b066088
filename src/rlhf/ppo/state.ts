/** Checks the saved state of a PPO trainer before it is restored. */
import { z } from "zod";
import { FormatError } from "../../errors.js";
import type { TensorLayout } from "../../runtime/protocol.js";
import type { FloatTensor } from "../../runtime/tensor.js";
import type { TrainerState } from "../trainer.js";

const word = z.int().min(0).max(0xffffffff);
const rngState = z.tuple([word, word, word, word]).readonly();

const ppoValues = z.strictObject({
  batches: z.int().nonnegative(),
  klCoef: z.number().nonnegative(),
  shuffle: rngState,
  dropout: rngState,
});

/** The plain values of a trainer's state. */
export type PpoValues = z.output<typeof ppoValues>;

/**
 * The checked state.
 * @param layout names and sizes of the tensors that it must have
 * @throws FormatError that names the first value or tensor that does not fit
 */
export function checkPpoState(
  { values, tensors }: TrainerState,
  layout: readonly TensorLayout[],
): { values: PpoValues; tensors: Readonly<Record<string, FloatTensor>> } {
  const refuse = (message: string): never => {
    throw new FormatError("state of a PPO trainer", message);
  };
  const parsed = ppoValues.safeParse(values);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    return refuse(`${path.join(".") || "values"}: ${message}`);
  }
  for (const { name, dims } of layout) {
    const found = tensors[name]?.dims;
    if (found?.join() !== dims.join())
      refuse(`tensor ${name}: expected [${dims.join(", ")}], received ${found ? `[${found.join(", ")}]` : "nothing"}`);
  }
  return { values: parsed.data, tensors };
}
