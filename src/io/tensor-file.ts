/** The interface of a file of tensors, which are read one by one; independent of the format. */
import type { FloatTensor } from "../runtime/tensor.js";
import type { DType } from "./safetensors-header.js";

/** An open file of tensors. Memory holds names and shapes, not values. */
export interface TensorFile {
  readonly path: string;
  /** In the order of the file. `shape` is [] for a scalar. */
  readonly tensors: ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;
  /**
   * One tensor as float32, row-major: F32 and the 16-bit formats exactly, F64 rounded.
   * @throws FormatError when there is no such tensor, or its values are not floats
   */
  read(name: string): Promise<FloatTensor>;
  close(): Promise<void>;
}
