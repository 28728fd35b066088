/** The linear reward model R of each model, as probe.safetensors. */

import type { LinearProbe } from "../../../interpret/index.js";
import { readFinite } from "../../../io/finite-tensor.js";
import { openSafetensors, writeSafetensors } from "../../../io/safetensors.js";
import type { ModelRole } from "../../../results/results.js";
import type { FloatTensor } from "../../../runtime/tensor.js";

const vector = (data: Float32Array): FloatTensor => ({ dims: [data.length], data });

/**
 * Tensors `ROLE.layers.N` (coefficients), `ROLE.intercept`, `ROLE.label_scale` and
 * `ROLE.label_offset`.
 */
export async function writeProbes(path: string, probes: Readonly<Record<ModelRole, LinearProbe>>): Promise<void> {
  const tensors: Record<string, FloatTensor> = {};
  for (const [role, { coefficients, intercept, labelScale, labelOffset }] of Object.entries(probes)) {
    for (const { layer, values } of coefficients) tensors[`${role}.layers.${layer}`] = vector(values);
    tensors[`${role}.intercept`] = vector(Float32Array.of(intercept));
    tensors[`${role}.label_scale`] = vector(Float32Array.of(labelScale));
    tensors[`${role}.label_offset`] = vector(Float32Array.of(labelOffset));
  }
  await writeSafetensors(path, tensors);
}

/**
 * @throws FormatError when the file is missing, damaged, lacks a layer, or has a value that is not
 *   finite
 */
export async function readProbe(path: string, role: ModelRole, layers: readonly number[]): Promise<LinearProbe> {
  const file = await openSafetensors(path);
  try {
    const read = async (name: string): Promise<Float32Array> => (await readFinite(file, `${role}.${name}`)).data;
    const coefficients = await Promise.all(
      layers.map(async (layer) => ({ layer, values: await read(`layers.${layer}`) })),
    );
    const [[intercept], [labelScale], [labelOffset]] = await Promise.all(
      ["intercept", "label_scale", "label_offset"].map(read),
    );
    return { coefficients, intercept, labelScale, labelOffset };
  } finally {
    await file.close();
  }
}
