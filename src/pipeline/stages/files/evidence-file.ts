/** Saves features' activations for the stages that explain, label, score and ablate. */
import { join } from "node:path";
import { RunError } from "../../../errors.js";
import type { FeatureEvidence } from "../../../interpret/index.js";
import { openSafetensors, writeSafetensors } from "../../../io/safetensors.js";
import type { ModelRole } from "../../../results/results.js";
import type { FloatTensor } from "../../../runtime/tensor.js";

/**
 * Halves of the held-out texts: one for explanations and labels, the other for scores of
 * explanations.
 */
export type EvidenceHalf = "explaining" | "scoring";

/**
 * Every second text is for explanations and labels, the others for scores, so that no explanation
 * is scored on texts that it was made from.
 * @throws RunError when there are fewer than two texts
 */
export function evidenceHalves(texts: readonly number[][]): [EvidenceHalf, number[][]][] {
  if (texts.length < 2) {
    throw new RunError(
      `held-out texts: expected at least 2, one half to explain features and one to score explanations, received ${texts.length}`,
      {
        help: "Use a larger corpus or a larger corpus.texts.dictionaries.",
      },
    );
  }
  return [
    ["explaining", texts.filter((_, i) => i % 2 === 0)],
    ["scoring", texts.filter((_, i) => i % 2 === 1)],
  ];
}

/** The files of evidence and of densities in a run folder. */
function evidenceFile(folder: string, role: ModelRole, content: EvidenceHalf | "densities"): string {
  return join(folder, "evidence", `${role}.${content}.safetensors`);
}

/**
 * Numbers as a tensor: indices are whole numbers far below 2^24, which single precision represents
 * exactly.
 */
function tensor(values: ArrayLike<number>): FloatTensor {
  return { dims: [values.length], data: Float32Array.from(values) };
}

/** Writes the evidence of one model's features, which share their texts. */
export async function writeEvidence(
  folder: string,
  role: ModelRole,
  half: EvidenceHalf,
  evidence: readonly FeatureEvidence[],
): Promise<void> {
  const [{ corpus }] = evidence;
  const tensors: Record<string, FloatTensor> = {
    tokens: tensor(corpus.texts.flat()),
    lengths: tensor(corpus.texts.map((text) => text.length)),
  };
  evidence.forEach(({ layer, feature, positions, codes, density, maxActivation, meanWhenActive }, i) => {
    tensors[`${i}.about`] = tensor([layer, feature, density, maxActivation, meanWhenActive]);
    tensors[`${i}.positions`] = tensor(positions);
    tensors[`${i}.codes`] = tensor(codes);
  });
  await writeSafetensors(evidenceFile(folder, role, half), tensors);
}

/** Reads the file of `writeEvidence`. @throws FormatError when it is missing or damaged */
export async function readEvidence(folder: string, role: ModelRole, half: EvidenceHalf): Promise<FeatureEvidence[]> {
  const file = await openSafetensors(evidenceFile(folder, role, half));
  try {
    const read = async (name: string): Promise<Float32Array> => (await file.read(name)).data;
    const tokens = await read("tokens");
    const texts: number[][] = [];
    const offsets = [0];
    for (const length of await read("lengths")) {
      const start = offsets[offsets.length - 1];
      texts.push([...tokens.subarray(start, start + length)]);
      offsets.push(start + length);
    }
    const textOf = Int32Array.from(texts.flatMap((text, index) => text.map(() => index)));
    const corpus = { texts, offsets: Int32Array.from(offsets), textOf };
    const count = [...file.tensors.keys()].filter((name) => name.endsWith(".about")).length;
    const evidence: FeatureEvidence[] = [];
    for (let i = 0; i < count; i++) {
      const [layer, feature, density, maxActivation, meanWhenActive] = await read(`${i}.about`);
      const positions = Int32Array.from(await read(`${i}.positions`));
      evidence.push({
        layer,
        feature,
        corpus,
        positions,
        codes: await read(`${i}.codes`),
        density,
        maxActivation,
        meanWhenActive,
      });
    }
    return evidence;
  } finally {
    await file.close();
  }
}

/**
 * Writes the share of all held-out tokens at which each feature is active: layer ->
 * [dSae of its dictionary].
 */
export async function writeDensities(
  folder: string,
  role: ModelRole,
  densities: ReadonlyMap<number, Float64Array>,
): Promise<void> {
  const tensors = Object.fromEntries([...densities].map(([layer, values]) => [`densities.${layer}`, tensor(values)]));
  await writeSafetensors(evidenceFile(folder, role, "densities"), tensors);
}

/** The densities that `writeDensities` wrote for a layer's dictionary, [dSae]. */
export async function readDensities(folder: string, role: ModelRole, layer: number): Promise<Float32Array> {
  const file = await openSafetensors(evidenceFile(folder, role, "densities"));
  try {
    return (await file.read(`densities.${layer}`)).data;
  } finally {
    await file.close();
  }
}
