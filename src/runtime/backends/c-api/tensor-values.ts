/** Converts tensors to values of ONNX Runtime and back. */
import { elementCount, type Tensor, type TensorArray } from "../../tensor.js";
import type { OrtApi } from "./ort-api.js";

/** ONNXTensorElementDataType */
const [FLOAT, INT64, BOOL] = [1, 7, 9];

function elementType(data: TensorArray): number {
  return data instanceof Float32Array ? FLOAT : data instanceof BigInt64Array ? INT64 : BOOL;
}

/**
 * The memory of a tensor without elements, since koffi passes the null pointer for an empty array.
 */
const nothing = new Uint8Array(new ArrayBuffer(64));

/**
 * A value in the memory of an array, without a copy. The array must have as many elements as `dims`
 * says. The value does not keep the array alive.
 */
export function valueOn(api: OrtApi, memoryInfo: bigint, { dims, data }: Tensor): bigint {
  const memory = data.length > 0 ? data : nothing;
  const shape = BigInt64Array.from(dims, BigInt);
  const type = elementType(data);
  return api.make("CreateTensorWithDataAsOrtValue", memoryInfo, memory, data.byteLength, shape, dims.length, type);
}

/** Element type and sizes of a value. */
function readSignature(api: OrtApi, value: bigint): { type: number; dims: number[] } {
  const info = api.make("GetTensorTypeAndShape", value);
  try {
    const type = new Int32Array(1);
    api.call("GetTensorElementType", info, type);
    const shape = new BigInt64Array(Number(api.make("GetDimensionsCount", info)));
    if (shape.length > 0) api.call("GetDimensions", info, shape, shape.length);
    return { type: type[0], dims: Array.from(shape, Number) };
  } finally {
    api.release("ReleaseTensorTypeAndShapeInfo", info);
  }
}

/** The sizes of a value. */
export const readDims = (api: OrtApi, value: bigint): number[] => readSignature(api, value).dims;

/** A copy of a tensor that ONNX Runtime created. */
export function readValue(api: OrtApi, value: bigint): Tensor {
  const { type, dims } = readSignature(api, value);
  return { dims, data: readData(api, value, type, elementCount(dims)) };
}

function readData(api: OrtApi, value: bigint, type: number, count: number): TensorArray {
  const bytesOf = (size: number): ArrayBuffer =>
    count > 0 ? api.copy(api.make("GetTensorMutableData", value), count * size) : new ArrayBuffer(0);
  if (type === FLOAT) return new Float32Array(bytesOf(4));
  if (type === INT64) return new BigInt64Array(bytesOf(8));
  if (type === BOOL) return new Uint8Array(bytesOf(1));
  throw new Error(`a tensor of element type ${type} is not supported`);
}
