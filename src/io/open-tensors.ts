/** Files of tensors by the endings of their names. */
import { openSafetensors } from "./safetensors.js";
import type { TensorFile } from "./tensor-file.js";
import { openTorchFile } from "./torch/torch-file.js";

/**
 * Opens a file of safetensors (`.safetensors`) or of `torch.save` (any other ending); close it after use.
 * @throws FormatError as `openSafetensors` and `openTorchFile`
 */
export function openTensors(path: string): Promise<TensorFile> {
  return path.endsWith(".safetensors") ? openSafetensors(path) : openTorchFile(path);
}
