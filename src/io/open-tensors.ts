/** Opens files of tensors; the extension determines the format. */
import { openSafetensors } from "./safetensors.js";
import type { TensorFile } from "./tensor-file.js";
import { openTorchFile } from "./torch/torch-file.js";

/**
 * Opens a safetensors file (`.safetensors`) or a file of `torch.save` (any other extension); close
 * it after use.
 * @throws FormatError as `openSafetensors` and `openTorchFile`
 */
export function openTensors(path: string): Promise<TensorFile> {
  return path.endsWith(".safetensors") ? openSafetensors(path) : openTorchFile(path);
}
