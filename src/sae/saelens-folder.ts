/**
 * Autoencoders in and out as folders that SAELens loads (sae_lens 6, `SAE.load_from_disk`): `sae_weights.safetensors` and
 * `cfg.json`, of architecture `standard`, or `topk` where k codes are kept. A tied autoencoder is an ordinary one there whose W_enc
 * is W_dec transposed.
 */
import { join } from "node:path";
import { FormatError } from "../errors.js";
import { readJson, writeJson } from "../io/atomic.js";
import { openSafetensors, writeSafetensors } from "../io/safetensors.js";
import { mlpHookPoint, parseHookPoint } from "../model/hook-points.js";
import type { Engine } from "../runtime/engine.js";
import { Autoencoder, type AutoencoderOrigin } from "./autoencoder.js";
import { rowNorms } from "./row-norms.js";

/** The version whose layout is written; below 6 SAELens would read cfg.json as an older one. */
const SAELENS_VERSION = "6.54.12";

/** Norms closer to 1 than this are left as they are: single precision. */
const NORM_TOLERANCE = 1e-4;

/** What SAELens takes for k where cfg.json has none. */
const SAELENS_K = 100;

/** Where Hugging Face's models keep the MLP of a block, by `model_type`. */
const hfHookNames: Readonly<Record<string, (layer: number) => string>> = {
  gpt_neox: (layer) => `gpt_neox.layers.${layer}.mlp`,
  gpt_neo: (layer) => `transformer.h.${layer}.mlp`,
};

/** The facts of an origin: their names under `metadata`, and their types. */
const metadataFields = {
  tied: { name: "tied", type: "boolean" },
  modelName: { name: "model_name", type: "string" },
  modelType: { name: "model_type", type: "string" },
  contextSize: { name: "context_size", type: "number" },
  l1Coef: { name: "l1_coefficient", type: "number" },
  learningRate: { name: "lr", type: "number" },
  seed: { name: "seed", type: "number" },
  trainingTokens: { name: "training_tokens", type: "number" },
  dataHash: { name: "data_hash", type: "string" },
} as const satisfies Record<Exclude<keyof AutoencoderOrigin, "layer">, { name: string; type: string }>;

const originFacts = Object.keys(metadataFields) as (keyof typeof metadataFields)[];

/** Writes a folder that `loadAutoencoder` and SAELens read; files that are there already are replaced. */
export async function saveAutoencoder(autoencoder: Autoencoder, folder: string): Promise<void> {
  const { dIn, dSae, wEnc, bEnc, wDec, bDec, k, origin } = autoencoder;
  const architecture = k === undefined ? "standard" : "topk";
  await writeSafetensors(join(folder, "sae_weights.safetensors"), {
    W_enc: { dims: [dIn, dSae], data: wEnc },
    b_enc: { dims: [dSae], data: bEnc },
    W_dec: { dims: [dSae, dIn], data: wDec },
    b_dec: { dims: [dIn], data: bDec },
  });
  const facts = originFacts.map((fact) => [metadataFields[fact].name, origin[fact]]);
  await writeJson(join(folder, "cfg.json"), {
    architecture,
    d_in: dIn,
    d_sae: dSae,
    dtype: "float32",
    device: "cpu",
    apply_b_dec_to_input: autoencoder.applyBDecToInput,
    normalize_activations: "none",
    reshape_activations: "none",
    // Rows of W_dec have norm 1, so rescaling would change nothing.
    ...(k !== undefined && { k, rescale_acts_by_decoder_norm: false }),
    metadata: {
      sae_lens_version: SAELENS_VERSION,
      training_architecture: architecture,
      hook_name: mlpHookPoint(origin.layer),
      hf_hook_name: origin.modelType && hfHookNames[origin.modelType]?.(origin.layer),
      ...Object.fromEntries(facts),
    },
  });
}

/**
 * Reads an autoencoder from a folder that `saveAutoencoder` or SAELens wrote: architecture `standard` or `topk`, activations as
 * they come, at `blocks.N.hook_mlp_out`. Where the decoder's rows are not of norm 1, their norms are moved to the encoder, which
 * leaves the reconstruction as it is; a `topk` one for which that would change which codes are kept is refused.
 * @param options.engine where it runs; default: the engine that the process shares
 * @throws FormatError that names the file and what is missing or different in it
 */
export async function loadAutoencoder(folder: string, options: { engine?: Engine } = {}): Promise<Autoencoder> {
  const cfgFile = join(folder, "cfg.json");
  const cfg = objectOf(cfgFile, "the file", await readJson(cfgFile));
  const expect = (key: string, ...wanted: string[]): void => {
    if (cfg[key] === undefined || wanted.some((value) => value === cfg[key])) return;
    const expected = wanted.map((value) => JSON.stringify(value)).join(" or ");
    throw new FormatError(cfgFile, `${key}: expected ${expected}, received ${JSON.stringify(cfg[key])}`);
  };
  if (cfg.architecture === undefined)
    throw new FormatError(cfgFile, 'architecture: expected "standard" or "topk", it is missing');
  expect("architecture", "standard", "topk");
  expect("normalize_activations", "none");
  expect("reshape_activations", "none");
  const size = (key: string): number => {
    const value = cfg[key];
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    throw new FormatError(cfgFile, `${key}: expected a positive integer, received ${JSON.stringify(value)}`);
  };
  const [dIn, dSae] = [size("d_in"), size("d_sae")];
  const flag = (key: string, standard: boolean): boolean => {
    const value = cfg[key] ?? standard;
    if (typeof value === "boolean") return value;
    throw new FormatError(cfgFile, `${key}: expected true or false, received ${JSON.stringify(value)}`);
  };
  const applyBDecToInput = flag("apply_b_dec_to_input", true);
  const k = cfg.architecture === "topk" ? (cfg.k === undefined ? SAELENS_K : size("k")) : undefined;
  if (k !== undefined && k > dSae) throw new FormatError(cfgFile, `k: expected at most d_sae, ${dSae}, received ${k}`);
  const origin = readOrigin(cfgFile, objectOf(cfgFile, "metadata", cfg.metadata));
  const weights = await readWeights(join(folder, "sae_weights.safetensors"), dIn, dSae);
  const folded = foldDecoderNorms(weights, dIn, dSae);
  if (folded && k !== undefined && !flag("rescale_acts_by_decoder_norm", false))
    throw new FormatError(cfgFile, "rescale_acts_by_decoder_norm: expected true, received false", {
      help: "Rows of W_dec are not of norm 1 here; scaled to 1 they would change which codes are the k largest.",
    });
  return new Autoencoder(
    { dIn, dSae, ...weights, applyBDecToInput, ...(k !== undefined && { k }) },
    origin,
    options.engine,
  );
}

function objectOf(file: string, place: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FormatError(file, `${place}: expected a JSON object, received ${JSON.stringify(value)}`);
}

function readOrigin(file: string, metadata: Record<string, unknown>): AutoencoderOrigin {
  const point = parseHookPoint(String(metadata.hook_name));
  if (point?.site !== "mlp_out")
    throw new FormatError(
      file,
      `metadata.hook_name: expected blocks.N.hook_mlp_out, received ${JSON.stringify(metadata.hook_name)}`,
    );
  const facts = originFacts.flatMap((fact) => {
    const { name, type } = metadataFields[fact];
    const value = metadata[name] ?? undefined;
    const received = typeof value;
    if (received === "undefined") return [];
    if (received !== type)
      throw new FormatError(file, `metadata.${name}: expected a ${type}, received ${JSON.stringify(value)}`);
    return [[fact, value] as const];
  });
  return { tied: false, ...Object.fromEntries(facts), layer: point.layer };
}

type Weights = Record<"wEnc" | "bEnc" | "wDec" | "bDec", Float32Array>;

async function readWeights(path: string, dIn: number, dSae: number): Promise<Weights> {
  const file = await openSafetensors(path);
  try {
    const read = async (name: string, dims: number[]): Promise<Float32Array> => {
      const shape = file.tensors.get(name)?.shape;
      if (shape?.join() !== dims.join())
        throw new FormatError(
          path,
          `${name}: cfg.json says [${dims}], the file has ${shape ? `[${shape}]` : "no such tensor"}`,
        );
      const { data } = await file.read(name);
      const bad = data.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) throw new FormatError(path, `${name}: value ${bad} is ${data[bad]}`);
      return data;
    };
    return {
      wEnc: await read("W_enc", [dIn, dSae]),
      bEnc: await read("b_enc", [dSae]),
      wDec: await read("W_dec", [dSae, dIn]),
      bDec: await read("b_dec", [dIn]),
    };
  } finally {
    await file.close();
  }
}

/** relu is homogeneous: a code times s and its feature divided by s make the same reconstruction. Returns whether any was scaled. */
function foldDecoderNorms({ wEnc, bEnc, wDec }: Weights, dIn: number, dSae: number): boolean {
  let folded = false;
  rowNorms(wDec, dIn).forEach((norm, feature) => {
    if (norm === 0 || Math.abs(norm - 1) < NORM_TOLERANCE) return;
    folded = true;
    bEnc[feature] *= norm;
    for (let i = 0; i < dIn; i++) {
      wDec[feature * dIn + i] /= norm;
      wEnc[i * dSae + feature] *= norm;
    }
  });
  return folded;
}
