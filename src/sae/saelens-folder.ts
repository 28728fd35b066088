/**
 * Saves and loads autoencoders as folders of SAELens (sae_lens 6, `SAE.load_from_disk`):
 * `sae_weights.safetensors` and `cfg.json`; the kind's row names the architecture. A tied
 * autoencoder is saved as an untied one whose W_enc is the transposed W_dec.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type WeightName, weightDims, weightTensors } from "../dictionary/dictionary.js";
import { type KindName, trainingFacts } from "../dictionary/kind.js";
import { kindNames, rowOf } from "../dictionary/kinds.js";
import { FormatError } from "../errors.js";
import { readJson, writeJson } from "../io/atomic.js";
import { openSafetensors, writeSafetensors } from "../io/safetensors.js";
import { shown } from "../io/shown-value.js";
import { mlpHookPoint, parseHookPoint } from "../model/hook-points.js";
import type { Engine } from "../runtime/engine.js";
import { Autoencoder, type AutoencoderOrigin } from "./autoencoder.js";
import { type DictionaryFields, objectOf, oneOf } from "./dictionary-fields.js";
import { readWeight } from "./read-weight.js";
import { foldDecoderNorms } from "./row-norms.js";
import { readCfg } from "./saelens-cfg.js";

/** The version of the written layout; below 6 SAELens would read cfg.json in an older layout. */
const SAELENS_VERSION = "6.54.12";

/**
 * The module whose output is the MLP's addition to the residual stream in transformers, by
 * `model_type`.
 */
const hfHookNames: Readonly<Record<string, (layer: number) => string>> = {
  gpt_neox: (layer) => `gpt_neox.layers.${layer}.mlp`,
  gpt_neo: (layer) => `transformer.h.${layer}.mlp`,
  gpt2: (layer) => `transformer.h.${layer}.mlp`,
  llama: (layer) => `model.layers.${layer}.mlp`,
  qwen2: (layer) => `model.layers.${layer}.mlp`,
  qwen3: (layer) => `model.layers.${layer}.mlp`,
  mistral: (layer) => `model.layers.${layer}.mlp`,
  // The block's last norm is between MLP and residual stream.
  olmo2: (layer) => `model.layers.${layer}.post_feedforward_layernorm`,
  gemma3_text: (layer) => `model.layers.${layer}.post_feedforward_layernorm`,
};

/**
 * The weights that every kind has: their names in sae_weights.safetensors. The kind names the
 * encoder's bias.
 */
const tensorNames = { wEnc: "W_enc", wDec: "W_dec", bDec: "b_dec" } as const satisfies Partial<
  Record<WeightName, string>
>;

const weightNames: readonly WeightName[] = ["wEnc", "bEnc", "wDec", "bDec"];

/** The facts of an origin: their names under `metadata`, and their types. */
const metadataFields = {
  tied: { name: "tied", type: "boolean" },
  modelName: { name: "model_name", type: "string" },
  modelType: { name: "model_type", type: "string" },
  contextSize: { name: "context_size", type: "number" },
  ...trainingFacts,
  learningRate: { name: "lr", type: "number" },
  seed: { name: "seed", type: "number" },
  trainingTokens: { name: "training_tokens", type: "number" },
  dataHash: { name: "data_hash", type: "string" },
} as const satisfies Record<Exclude<keyof AutoencoderOrigin, "layer">, { name: string; type: string }>;

const originFacts = Object.keys(metadataFields) as (keyof typeof metadataFields)[];

/** Writes a folder that `loadAutoencoder` and SAELens read; existing files are replaced. */
export async function saveAutoencoder(autoencoder: Autoencoder, folder: string): Promise<void> {
  const { dIn, dSae, kind, origin } = autoencoder;
  const { saelens } = rowOf(kind);
  const { fields, tensors } = saelens.write(kind, autoencoder.bEnc);
  const weights = weightTensors(autoencoder);
  const names = { ...tensorNames, bEnc: saelens.encoderBias };
  await writeSafetensors(join(folder, "sae_weights.safetensors"), [
    ...weightNames.map((weight) => [names[weight], weights[weight]] as const),
    ...Object.entries(tensors).map(([name, data]) => [name, { dims: [dSae], data }] as const),
  ]);
  const facts = originFacts.map((fact) => [metadataFields[fact].name, origin[fact]]);
  await writeJson(join(folder, "cfg.json"), {
    architecture: saelens.architecture,
    d_in: dIn,
    d_sae: dSae,
    dtype: "float32",
    device: "cpu",
    apply_b_dec_to_input: autoencoder.applyBDecToInput,
    normalize_activations: "none",
    reshape_activations: "none",
    ...fields,
    metadata: {
      sae_lens_version: SAELENS_VERSION,
      training_architecture: saelens.architecture,
      hook_name: mlpHookPoint(origin.layer),
      hf_hook_name: origin.modelType && hfHookNames[origin.modelType]?.(origin.layer),
      ...Object.fromEntries(facts),
    },
  });
}

/**
 * Reads an autoencoder from a folder of `saveAutoencoder` or SAELens: an architecture of one of the
 * kinds, at `blocks.N.hook_mlp_out`, of activations without normalisation or with a constant factor
 * that the folder has. If the decoder's rows do not have norm 1, their norms are moved to the
 * encoder, which does not change reconstructions. A folder for which this would change the kind's
 * activation is rejected.
 * @param options.engine default: the engine that the process shares
 * @throws FormatError that names the file and the missing or different part
 */
export async function loadAutoencoder(folder: string, options: { engine?: Engine } = {}): Promise<Autoencoder> {
  const cfgFile = join(folder, "cfg.json");
  const cfg = await readCfg(cfgFile);
  const { saelens } = rowOf({ name: kindNamedBy(cfg) });
  cfg.expect("reshape_activations", "none");
  const inputFactor = await inputFactorOf(cfg, folder);
  const sizes = { dIn: cfg.count("d_in"), dSae: cfg.count("d_sae") };
  const applyBDecToInput = cfg.flag("apply_b_dec_to_input", true);
  const origin = readOrigin(cfgFile, objectOf(cfgFile, "metadata", cfg.fields.metadata));

  const file = await openSafetensors(join(folder, "sae_weights.safetensors"));
  try {
    const dims = weightDims(sizes);
    const names = { ...tensorNames, bEnc: saelens.encoderBias };
    const read = (weight: WeightName) => readWeight(file, names[weight], dims[weight]);
    const [wEnc, bEnc, wDec, bDec] = [await read("wEnc"), await read("bEnc"), await read("wDec"), await read("bDec")];
    if (inputFactor !== undefined) foldInputFactor({ wEnc, wDec, bDec }, inputFactor);
    const norms = foldDecoderNorms({ wEnc, bEnc, wDec }, sizes.dIn);
    const kind = await saelens.read(cfg, norms, (name) => readWeight(file, name, [sizes.dSae]), bEnc);
    const problem = rowOf(kind).problem(kind, sizes.dSae);
    if (problem)
      throw cfg.wrong(
        problem.parameter,
        `expected ${problem.expected} (number of features), received ${problem.received}`,
      );
    return new Autoencoder({ ...sizes, wEnc, bEnc, wDec, bDec, applyBDecToInput, kind }, origin, options.engine);
  } finally {
    await file.close();
  }
}

/**
 * The factor of activations that the weights expect; undefined without one. A trainer's checkpoint
 * has it in activation_scaler.json; finished autoencoders have it in their weights.
 * @throws FormatError for another normalisation, or when the factor is missing
 */
async function inputFactorOf(cfg: DictionaryFields, folder: string): Promise<number | undefined> {
  const scaler = join(folder, "activation_scaler.json");
  const hasFactor = cfg.fields.normalize_activations === "expected_average_only_in";
  if (!hasFactor || !existsSync(scaler)) {
    const help = hasFactor
      ? "The weights expect activations times a factor. In SAELens, sae.fold_activation_norm_scaling_factor(FACTOR) puts it into them."
      : undefined;
    cfg.expect("normalize_activations", "none", help);
    return undefined;
  }
  const { scaling_factor: factor } = objectOf(scaler, "the file", await readJson(scaler));
  if (typeof factor === "number" && factor > 0) return factor;
  throw new FormatError(scaler, `scaling_factor: expected a number above 0, received ${shown(factor)}`);
}

/** Puts a factor of the activations into the weights, in place. */
function foldInputFactor(
  { wEnc, wDec, bDec }: Readonly<Record<"wEnc" | "wDec" | "bDec", Float32Array>>,
  factor: number,
): void {
  for (let at = 0; at < wEnc.length; at++) {
    wEnc[at] *= factor;
    wDec[at] /= factor;
  }
  for (let at = 0; at < bDec.length; at++) bDec[at] /= factor;
}

/** The kind whose architecture cfg.json names. */
function kindNamedBy(cfg: DictionaryFields): KindName {
  const architectures = kindNames.map((name) => rowOf({ name }).saelens.architecture);
  const { architecture } = cfg.fields;
  const found = kindNames.find((_, row) => architectures[row] === architecture);
  if (found !== undefined) return found;
  const received = architecture === undefined ? "nothing" : shown(architecture);
  throw cfg.wrong("architecture", `expected ${oneOf(architectures)}, received ${received}`);
}

function readOrigin(file: string, metadata: Record<string, unknown>): AutoencoderOrigin {
  const point = parseHookPoint(String(metadata.hook_name));
  if (point?.site !== "mlp_out")
    throw new FormatError(
      file,
      `metadata.hook_name: expected blocks.N.hook_mlp_out, received ${shown(metadata.hook_name)}`,
    );
  const facts = originFacts.flatMap((fact) => {
    const { name, type } = metadataFields[fact];
    const value = metadata[name] ?? undefined;
    const received = typeof value;
    if (received === "undefined") return [];
    if (received !== type)
      throw new FormatError(file, `metadata.${name}: expected a ${type}, received ${shown(value)}`);
    return [[fact, value] as const];
  });
  return { tied: false, ...Object.fromEntries(facts), layer: point.layer };
}
