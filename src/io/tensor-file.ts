/** What files of tensors have in common, whatever their format: a list of tensors that are read one by one. */
import type { FloatTensor } from "../runtime/tensor.js";
import type { DType } from "./safetensors-header.js";

/** An open file of tensors. What it lists is in memory, what they hold is not. */
export interface TensorFile {
  readonly path: string;
  /** In the order of the file. `shape` is [] for a scalar. */
  readonly tensors: ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;
  /**
   * One tensor as float32, row-major: F32 and the 16-bit formats exactly, F64 rounded.
   * @throws FormatError when there is no such tensor or its values are no floats
   */
  read(name: string): Promise<FloatTensor>;
  close(): Promise<void>;
}
