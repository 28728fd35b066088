/** Floats of model files in each of their formats. */
import { bfloat16ToFloat32, float16ToFloat32 } from "./float16.js";
import type { DType } from "./safetensors-header.js";

/** The formats that are read as floats. */
export const FLOAT_FORMATS: readonly DType[] = ["F32", "F16", "BF16", "F64"];

/** Little-endian bytes as float32: F32 and the 16-bit formats exactly, F64 rounded. */
export function floatsOf(dtype: DType, buffer: ArrayBuffer): Float32Array {
  if (dtype === "F16") return float16ToFloat32(new Uint16Array(buffer));
  if (dtype === "BF16") return bfloat16ToFloat32(new Uint16Array(buffer));
  return dtype === "F64" ? Float32Array.from(new Float64Array(buffer)) : new Float32Array(buffer);
}
