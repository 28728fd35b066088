/**
 * Saves and loads autoencoders as folders of SAELens (sae_lens 6, `SAE.load_from_disk`):
 * `sae_weights.safetensors` and `cfg.json`; the kind's row names the architecture. A tied
 * autoencoder is saved as an untied one whose W_enc is the transposed W_dec.
 */
import { join } from "node:path";
import { type WeightName, weightDims, weightTensors } from "../dictionary/dictionary.js";
import { type KindName, type SaelensFields, trainingFacts } from "../dictionary/kind.js";
import { kindNames, rowOf } from "../dictionary/kinds.js";
import { FormatError } from "../errors.js";
import { readJson, writeJson } from "../io/atomic.js";
import { openSafetensors, type SafetensorsFile, writeSafetensors } from "../io/safetensors.js";
import { shown } from "../io/shown-value.js";
import { mlpHookPoint, parseHookPoint } from "../model/hook-points.js";
import type { Engine } from "../runtime/engine.js";
import { Autoencoder, type AutoencoderOrigin } from "./autoencoder.js";
import { rowNorms } from "./row-norms.js";

/** The version of the written layout; below 6 SAELens would read cfg.json in an older layout. */
const SAELENS_VERSION = "6.54.12";

/** Norms closer to 1 than this count as 1, since weights are in single precision. */
const NORM_TOLERANCE = 1e-4;

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

/** The weights that every kind has: their names in sae_weights.safetensors. */
const tensorNames = {
  wEnc: "W_enc",
  bEnc: "b_enc",
  wDec: "W_dec",
  bDec: "b_dec",
} as const satisfies Record<WeightName, string>;

const weightNames = Object.keys(tensorNames) as WeightName[];

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
  const { fields, tensors } = saelens.write(kind);
  const weights = weightTensors(autoencoder);
  await writeSafetensors(join(folder, "sae_weights.safetensors"), [
    ...weightNames.map((weight) => [tensorNames[weight], weights[weight]] as const),
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
 * kinds, of activations without normalisation, at `blocks.N.hook_mlp_out`. If the decoder's rows do
 * not have norm 1, their norms are moved to the encoder, which does not change reconstructions. A
 * folder for which this would change the kind's activation is rejected.
 * @param options.engine default: the engine that the process shares
 * @throws FormatError that names the file and the missing or different part
 */
export async function loadAutoencoder(folder: string, options: { engine?: Engine } = {}): Promise<Autoencoder> {
  const cfgFile = join(folder, "cfg.json");
  const cfg = new CfgFile(cfgFile, objectOf(cfgFile, "the file", await readJson(cfgFile)));
  const { saelens } = rowOf({ name: kindNamedBy(cfg) });
  cfg.expect("normalize_activations", "none");
  cfg.expect("reshape_activations", "none");
  const sizes = { dIn: cfg.count("d_in"), dSae: cfg.count("d_sae") };
  const applyBDecToInput = cfg.flag("apply_b_dec_to_input", true);
  const origin = readOrigin(cfgFile, objectOf(cfgFile, "metadata", cfg.fields.metadata));

  const path = join(folder, "sae_weights.safetensors");
  const file = await openSafetensors(path);
  try {
    const dims = weightDims(sizes);
    const read = (weight: WeightName) => readTensor(file, path, tensorNames[weight], dims[weight]);
    const [wEnc, bEnc, wDec, bDec] = [await read("wEnc"), await read("bEnc"), await read("wDec"), await read("bDec")];
    const norms = foldDecoderNorms({ wEnc, bEnc, wDec }, sizes.dIn);
    const kind = await saelens.read(cfg, norms, (name) => readTensor(file, path, name, [sizes.dSae]));
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

/** The kind whose architecture cfg.json names. */
function kindNamedBy(cfg: CfgFile): KindName {
  const architectures = kindNames.map((name) => rowOf({ name }).saelens.architecture);
  if (cfg.fields.architecture === undefined)
    throw cfg.wrong("architecture", `expected ${oneOf(architectures)}, received nothing`);
  cfg.expect("architecture", ...architectures);
  return kindNames[architectures.indexOf(cfg.fields.architecture as string)];
}

function oneOf(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(" or ");
}

/** Fields of cfg.json; errors name the file. */
class CfgFile implements SaelensFields {
  constructor(
    private readonly path: string,
    readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  wrong(key: string, problem: string, help?: string): FormatError {
    return new FormatError(this.path, `${key}: ${problem}`, { help });
  }

  /** @throws FormatError when the field is present and is none of these */
  expect(key: string, ...wanted: string[]): void {
    const value = this.fields[key];
    if (value === undefined || wanted.some((one) => one === value)) return;
    throw this.wrong(key, `expected ${oneOf(wanted)}, received ${shown(value)}`);
  }

  count(key: string, standard?: number): number {
    const value = this.fields[key] === undefined ? standard : this.fields[key];
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    throw this.wrong(key, `expected a positive integer, received ${shown(value)}`);
  }

  flag(key: string, standard: boolean): boolean {
    const value = this.fields[key] ?? standard;
    if (typeof value === "boolean") return value;
    throw this.wrong(key, `expected true or false, received ${shown(value)}`);
  }
}

function objectOf(file: string, place: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FormatError(file, `${place}: expected a JSON object, received ${shown(value)}`);
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

/**
 * One tensor of sae_weights.safetensors.
 * @throws FormatError when its sizes differ from those of cfg.json, or a value is not finite
 */
async function readTensor(
  file: SafetensorsFile,
  path: string,
  name: string,
  dims: readonly number[],
): Promise<Float32Array> {
  const shape = file.tensors.get(name)?.shape;
  if (shape?.join() !== dims.join())
    throw new FormatError(
      path,
      `${name}: expected [${dims}] by cfg.json, received ${shape ? `[${shape}]` : "no such tensor"}`,
    );
  const { data } = await file.read(name);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new FormatError(path, `${name}: value ${bad} is ${data[bad]}`);
  return data;
}

/**
 * Divides the decoder's rows by their norms and multiplies the features' pre-activations by them,
 * in place.
 * @returns the factors [dSae], 1 for unchanged rows; undefined if no row changed
 */
function foldDecoderNorms(
  { wEnc, bEnc, wDec }: Readonly<Record<"wEnc" | "bEnc" | "wDec", Float32Array>>,
  dIn: number,
): Float64Array | undefined {
  const factors = rowNorms(wDec, dIn).map((norm) => (norm === 0 || Math.abs(norm - 1) < NORM_TOLERANCE ? 1 : norm));
  if (factors.every((factor) => factor === 1)) return undefined;
  factors.forEach((factor, feature) => {
    if (factor === 1) return;
    bEnc[feature] *= factor;
    for (let i = 0; i < dIn; i++) {
      wDec[feature * dIn + i] /= factor;
      wEnc[i * factors.length + feature] *= factor;
    }
  });
  return factors;
}
