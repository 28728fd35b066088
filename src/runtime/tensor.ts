/** Concrete tensors: inputs and outputs of the engine. */

export type TensorArray = Float32Array | BigInt64Array | Uint8Array;

/** Row-major data with its sizes. `data.length` is the product of `dims`. */
export interface Tensor<A extends TensorArray = TensorArray> {
  readonly dims: readonly number[];
  readonly data: A;
}

/** A tensor of 32-bit floats. */
export type FloatTensor = Tensor<Float32Array>;

/** Number of elements of a tensor with these sizes; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}
