/**
 * Folders of dictionary_learning (saprmarks): `ae.pt`, a state dict, and `config.json`, the
 * settings of its trainer. `trainer.dict_class` says how they encode; every class is a kind of ours.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { weightDims } from "../../dictionary/dictionary.js";
import type { DictionaryKind } from "../../dictionary/kind.js";
import { gatedKind, rowOf } from "../../dictionary/kinds.js";
import { FormatError } from "../../errors.js";
import { readJson } from "../../io/atomic.js";
import { openTorchFile } from "../../io/torch/torch-file.js";
import { parseHookPoint } from "../../model/hook-points.js";
import type { Engine } from "../../runtime/engine.js";
import { Autoencoder } from "../autoencoder.js";
import { DictionaryFields, objectOf, oneOf } from "../dictionary-fields.js";
import { readWeight } from "../read-weight.js";
import { foldDecoderNorms, transposed } from "../row-norms.js";

const CONFIG_FILE = "config.json";
const WEIGHTS_FILE = "ae.pt";

/** Whether a folder is one of dictionary_learning. */
export const isDictionaryLearning = (folder: string): boolean => existsSync(join(folder, WEIGHTS_FILE));

/** The files that are read of such a folder. */
export const dictionaryLearningFiles: readonly string[] = [CONFIG_FILE, WEIGHTS_FILE];

/** Reads a tensor of the state dict by its name and sizes. */
type Read = (name: string, dims: readonly number[]) => Promise<Float32Array>;

interface Sizes {
  readonly dIn: number;
  readonly dSae: number;
}

type Weights = Record<"wEnc" | "bEnc" | "wDec" | "bDec", Float32Array>;

/** How one class stores its weights, and encodes. */
interface DictClass {
  /** Whether the decoder's bias is subtracted from the input. */
  readonly applyBDecToInput: boolean;
  weights(read: Read, sizes: Sizes): Promise<Weights>;
  /** The kind, before norms of the decoder's rows are moved to the encoder. */
  kind(read: Read, sizes: Sizes, weights: Weights, trainer: DictionaryFields): DictionaryKind | Promise<DictionaryKind>;
}

/** Weights as two `nn.Linear`, which store the transposed matrix. */
const linear =
  (bEnc: string, bDec: string) =>
  async (read: Read, { dIn, dSae }: Sizes): Promise<Weights> => ({
    wEnc: transposed(await read("encoder.weight", [dSae, dIn]), dIn),
    bEnc: await read(bEnc, [dSae]),
    wDec: transposed(await read("decoder.weight", [dIn, dSae]), dSae),
    bDec: await read(bDec, [dIn]),
  });

/** Weights as matrices. */
async function matrices(read: Read, sizes: Sizes): Promise<Weights> {
  const dims = weightDims(sizes);
  return {
    wEnc: await read("W_enc", dims.wEnc),
    bEnc: await read("b_enc", dims.bEnc),
    wDec: await read("W_dec", dims.wDec),
    bDec: await read("b_dec", dims.bDec),
  };
}

/** The threshold in use of a dictionary that was trained with k per token of a batch. */
async function batchThreshold(read: Read, { dSae }: Sizes, _weights: Weights, trainer: DictionaryFields) {
  const [threshold] = await read("threshold", []);
  if (threshold < 0)
    throw trainer.wrong(
      "threshold_start_step",
      `expected an end of training after it, received ${WEIGHTS_FILE} with the threshold ${threshold}, which was never set`,
    );
  return { name: "jumprelu", threshold: new Float32Array(dSae).fill(threshold) } as const;
}

const classes: Readonly<Record<string, DictClass>> = {
  AutoEncoder: {
    applyBDecToInput: true,
    weights: linear("encoder.bias", "bias"),
    kind: () => ({ name: "relu" }),
  },
  AutoEncoderTopK: {
    applyBDecToInput: true,
    weights: linear("encoder.bias", "b_dec"),
    kind: (_read, _sizes, _weights, trainer) => ({ name: "topk", k: trainer.count("k") }),
  },
  BatchTopKSAE: { applyBDecToInput: true, weights: linear("encoder.bias", "b_dec"), kind: batchThreshold },
  MatryoshkaBatchTopKSAE: { applyBDecToInput: true, weights: matrices, kind: batchThreshold },
  GatedAutoEncoder: {
    applyBDecToInput: true,
    weights: linear("gate_bias", "decoder_bias"),
    kind: async (read, { dSae }, { bEnc }) =>
      gatedKind(await read("r_mag", [dSae]), await read("mag_bias", [dSae]), bEnc),
  },
  JumpReluAutoEncoder: {
    applyBDecToInput: false,
    weights: matrices,
    kind: async (read, { dSae }) => ({ name: "jumprelu", threshold: await read("threshold", [dSae]) }),
  },
};

/** `config.json`, checked: its class, its sizes, and what it says of its origin. */
async function readTrainer(folder: string, layer: number) {
  const path = join(folder, CONFIG_FILE);
  const trainer = new DictionaryFields(
    path,
    objectOf(path, "trainer", objectOf(path, "the file", await readJson(path)).trainer),
  );
  const { dict_class: name, submodule_name: module, lm_name: modelName, seed, lr: learningRate } = trainer.fields;
  if (typeof name !== "string" || !Object.hasOwn(classes, name))
    throw trainer.wrong("dict_class", `expected ${oneOf(Object.keys(classes))}, received ${JSON.stringify(name)}`);
  checkPlace(trainer, layer, module);
  return {
    trainer,
    dictClass: classes[name],
    sizes: { dIn: trainer.count("activation_dim"), dSae: trainer.count("dict_size") },
    origin: {
      ...{ layer, tied: false },
      ...(typeof modelName === "string" && { modelName }),
      ...(typeof seed === "number" && { seed }),
      ...(typeof learningRate === "number" && { learningRate }),
    },
  };
}

/**
 * dictionary_learning does not prescribe names of modules. A name is refused unless it is the
 * output of an MLP; none is taken for one.
 */
function checkPlace(trainer: DictionaryFields, layer: number, module: unknown): void {
  if (trainer.fields.layer !== undefined && trainer.fields.layer !== layer)
    throw trainer.wrong("layer", `expected ${layer}, received ${JSON.stringify(trainer.fields.layer)}`);
  if (module === undefined || module === null) return;
  const point = parseHookPoint(String(module));
  const isMlp = point ? point.site === "mlp_out" && point.layer === layer : isMlpOutput(String(module), layer);
  if (!isMlp)
    throw trainer.wrong(
      "submodule_name",
      `expected the output of the MLP of layer ${layer}, such as mlp_out_layer_${layer}, received ${JSON.stringify(module)}`,
    );
}

/** Names such as `mlp`, `mlp_out_layer_3`, `mlp3`, `gpt_neox.layers.3.mlp`. */
function isMlpOutput(name: string, layer: number): boolean {
  const numbers = name.match(/\d+/g) ?? [];
  return /(^|[._])mlp([._]?out(put)?)?([._]?(layer)?[._]?\d+)?$/i.test(name) && numbers.every((one) => +one === layer);
}

/**
 * Reads a dictionary of dictionary_learning. Only tensors are read from `ae.pt`; no code of it is
 * run. Norms of the decoder's rows other than 1 are moved to the encoder, as by its own
 * `normalize_decoder`.
 * @param layer the block whose MLP output it encodes
 * @throws FormatError that names the file and the missing or different part
 */
export async function loadDictionaryLearning(
  folder: string,
  layer: number,
  options: { engine?: Engine } = {},
): Promise<Autoencoder> {
  const { trainer, dictClass, sizes, origin } = await readTrainer(folder, layer);
  const file = await openTorchFile(join(folder, WEIGHTS_FILE));
  try {
    const read: Read = (name, dims) => readWeight(file, name, dims);
    const weights = await dictClass.weights(read, sizes);
    const stored = await dictClass.kind(read, sizes, weights, trainer);
    const problem = rowOf(stored).problem(stored, sizes.dSae);
    if (problem) throw trainer.wrong(problem.parameter, `expected ${problem.expected}, received ${problem.received}`);
    const norms = foldDecoderNorms(weights, sizes.dIn);
    const kind = norms ? rowOf(stored).rescaled(stored, norms) : stored;
    if (!kind)
      throw new FormatError(file.path, "decoder.weight: expected columns of norm 1, received others", {
        help: "Scaling them to 1 would change which activations are the k largest.",
      });
    const { applyBDecToInput } = dictClass;
    return new Autoencoder({ ...sizes, ...weights, applyBDecToInput, kind }, origin, options.engine);
  } finally {
    await file.close();
  }
}
