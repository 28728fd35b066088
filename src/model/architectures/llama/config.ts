/** Reads and writes config.json of the families that are like Llama. */
import { knownActivations } from "../activation.js";
import { ConfigFields, type ConfigJson, formatTokenIds, largest } from "../config-fields.js";
import type { DecoderConfig } from "../decoder.js";
import type { Rope } from "./rope-config.js";

export interface LlamaLikeConfig extends DecoderConfig {
  readonly activation: string;
  readonly rmsNormEps: number;
  readonly initializerRange: number;
  /** Whether the projections of queries, keys and values have biases. */
  readonly attentionBias: boolean;
  /** Whether attention's output projection has a bias. */
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /**
   * Per block, the number of positions that attention sees, the query's included; null: all earlier
   * ones.
   */
  readonly windows: readonly (number | null)[];
  /** Rotary positions of blocks without window. */
  readonly rope: Rope;
  /** Rotary positions of blocks with a window. */
  readonly windowRope: Rope;
  /** Attention scores are divided by its square root. */
  readonly scoreScalar: number;
  /** Logits x become cap tanh(x / cap); null: unchanged. */
  readonly logitCap: number | null;
}

/**
 * The values of a family's own fields. Defaults: no biases, no windows, scoreScalar headSize, no
 * cap.
 */
export interface OwnSettings extends Partial<Omit<LlamaLikeConfig, keyof DecoderConfig>> {
  readonly rope: Rope;
}

/** The differences of a family from the others, as data, and its own fields of config.json. */
export interface LlamaLikeFamily {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** `architectures[0]` of config.json. */
  readonly className: string;
  /** Position of a block's norms: before attention and MLP, after them, or both. */
  readonly norms: "before" | "after" | "around";
  /** Norms multiply by offset + weight. */
  readonly normOffset: 0 | 1;
  /** Norms of queries and keys: none, per head, or over all heads together. */
  readonly queryKeyNorms: "none" | "each head" | "all heads";
  /** Whether embeddings are multiplied by sqrt(dModel). */
  readonly scaledEmbedding: boolean;
  /** The field of the MLP's activation, and its default. */
  readonly activation: readonly [field: string, fallback: string];
  /** Defaults of absent fields, as in transformers. */
  readonly defaults: {
    readonly maxPositions: number;
    readonly rmsNormEps: number;
    readonly tieWordEmbeddings: boolean;
    /** null: nHeads. */
    readonly kvHeads: number | null;
    /** null: dModel / nHeads. */
    readonly headSize: number | null;
  };
  own(fields: ConfigFields, sizes: { readonly nLayers: number; readonly maxPositions: number }): OwnSettings;
  /** The fields that `own` reads. */
  formatOwn(config: LlamaLikeConfig): Record<string, unknown>;
}

/** @throws FormatError with all invalid or unsupported fields */
export function parseLlamaLike(family: LlamaLikeFamily, json: ConfigJson, file: string): LlamaLikeConfig {
  const fields = new ConfigFields(json, file);
  const { defaults, activation } = family;
  fields.expect(!fields.has("quantization_config"), "quantization_config: quantised weights are not supported");
  const dModel = fields.size("hidden_size", largest.width);
  const nHeads = fields.size("num_attention_heads", largest.heads);
  const nLayers = fields.size("num_hidden_layers", largest.layers);
  const maxPositions = fields.size("max_position_embeddings", largest.positions, defaults.maxPositions);
  const hasHeadSize = fields.has("head_dim") || defaults.headSize !== null;
  const headSize = hasHeadSize
    ? fields.size("head_dim", largest.width, defaults.headSize ?? undefined)
    : dModel / nHeads;
  const config: LlamaLikeConfig = {
    modelType: family.modelType,
    vocabSize: fields.size("vocab_size", largest.vocabulary),
    dModel,
    dMlp: fields.size("intermediate_size", largest.mlp),
    nLayers,
    nHeads,
    kvHeads: fields.sizeOrNull("num_key_value_heads", largest.heads, defaults.kvHeads) ?? nHeads,
    headSize,
    maxPositions,
    bosTokenId: fields.tokenId("bos_token_id"),
    eosTokenIds: fields.tokenIds("eos_token_id"),
    activation: fields.oneOf(activation[0], knownActivations, activation[1]),
    rmsNormEps: fields.number("rms_norm_eps", defaults.rmsNormEps, { least: 0, most: 1 }),
    tieWordEmbeddings: fields.boolean("tie_word_embeddings", defaults.tieWordEmbeddings),
    initializerRange: fields.number("initializer_range", 0.02, { least: 0, most: 1000 }),
    ...ownSettings(family, fields, nLayers, maxPositions, headSize),
  };
  checkHeads(fields, config, hasHeadSize);
  fields.check();
  return config;
}

function ownSettings(
  family: LlamaLikeFamily,
  fields: ConfigFields,
  nLayers: number,
  maxPositions: number,
  headSize: number,
) {
  const own = family.own(fields, { nLayers, maxPositions });
  return {
    attentionBias: false,
    outputBias: false,
    mlpBias: false,
    windows: windowsOf(nLayers, () => null),
    windowRope: own.rope,
    scoreScalar: headSize,
    logitCap: null,
    ...own,
  };
}

// Invalid fields are NaN here and are not reported twice.
function checkHeads(fields: ConfigFields, config: LlamaLikeConfig, hasHeadSize: boolean): void {
  const { dModel, nHeads, kvHeads, headSize } = config;
  if (!hasHeadSize)
    fields.expect(!(dModel % nHeads > 0), `hidden_size ${dModel} is not a multiple of num_attention_heads ${nHeads}`);
  fields.expect(
    !(nHeads % kvHeads > 0),
    `num_attention_heads ${nHeads} is not a multiple of num_key_value_heads ${kvHeads}`,
  );
  if (Number.isInteger(headSize))
    fields.expect(headSize % 2 === 0, `a head has ${headSize} dimensions, expected an even number: they turn in pairs`);
}

/** One window or null per block; empty if the number of blocks is invalid. */
export function windowsOf(nLayers: number, window: (layer: number) => number | null): (number | null)[] {
  return Array.from({ length: Number.isNaN(nLayers) ? 0 : nLayers }, (_, layer) => window(layer));
}

const KINDS: readonly unknown[] = ["full_attention", "sliding_attention"];

/**
 * The windows of blocks whose kinds are listed in `layer_types`.
 * @param fallback whether a block has a window if the field is absent
 */
export function listedWindows(
  fields: ConfigFields,
  nLayers: number,
  window: number | null,
  fallback: (layer: number) => boolean,
): (number | null)[] {
  const listed = fields.raw("layer_types");
  const isList = Array.isArray(listed) && listed.length === nLayers && listed.every((kind) => KINDS.includes(kind));
  fields.expect(
    listed === undefined || isList || Number.isNaN(nLayers),
    `layer_types: expected ${nLayers} of "full_attention" and "sliding_attention", received ${JSON.stringify(listed)}`,
  );
  const slides = (layer: number): boolean => (isList ? listed[layer] === "sliding_attention" : fallback(layer));
  const windows = windowsOf(nLayers, (layer) => (slides(layer) ? window : null));
  if (window === null)
    fields.expect(
      !windows.some((_, layer) => slides(layer)),
      "layer_types: has sliding_attention, but there is no sliding_window",
    );
  return windows;
}

/** `layer_types` and `sliding_window` of blocks that may differ. */
export function formatWindows(windows: readonly (number | null)[]): Record<string, unknown> {
  return {
    layer_types: windows.map((window) => (window === null ? "full_attention" : "sliding_attention")),
    sliding_window: windows.find((window) => window !== null) ?? null,
  };
}

/** config.json in a form that old and new versions of transformers read. */
export function formatLlamaLike(family: LlamaLikeFamily, config: LlamaLikeConfig): Record<string, unknown> {
  return {
    architectures: [family.className],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.dModel,
    intermediate_size: config.dMlp,
    num_hidden_layers: config.nLayers,
    num_attention_heads: config.nHeads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headSize,
    max_position_embeddings: config.maxPositions,
    bos_token_id: config.bosTokenId,
    eos_token_id: formatTokenIds(config.eosTokenIds),
    [family.activation[0]]: config.activation,
    rms_norm_eps: config.rmsNormEps,
    tie_word_embeddings: config.tieWordEmbeddings,
    ...family.formatOwn(config),
    attention_dropout: 0,
    initializer_range: config.initializerRange,
    torch_dtype: "float32",
    dtype: "float32",
    use_cache: true,
  };
}
