/** Weights of an autoencoder from a file of tensors. */
import { FormatError } from "../errors.js";
import type { TensorFile } from "../io/tensor-file.js";

/**
 * One tensor, row-major.
 * @throws FormatError when its sizes differ from those that the folder's configuration gives, or a
 *   value is not finite
 */
export async function readWeight(file: TensorFile, name: string, dims: readonly number[]): Promise<Float32Array> {
  const shape = file.tensors.get(name)?.shape;
  if (shape?.join() !== dims.join())
    throw new FormatError(
      file.path,
      `${name}: expected [${dims}] by the configuration, received ${shape ? `[${shape}]` : "no such tensor"}`,
    );
  const { data } = await file.read(name);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new FormatError(file.path, `${name}: value ${bad} is ${data[bad]}`);
  return data;
}
