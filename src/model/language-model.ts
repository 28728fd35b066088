/** The interface of a causal language model, independent of the architecture. */
import type { GivenDictionary } from "../dictionary/dictionary.js";
import type { FloatTensor } from "../runtime/tensor.js";

export { mlpHookPoint } from "./hook-points.js";

/**
 * An edit of the activations x [.., dIn] at one hook point, made inside the forward graph:
 * - `subtractFeatures`: x - strength * sum of f_i d_i over the features, with feature activations f
 *   of x as edited at earlier hook points;
 * - `add`: x + strength * sum of d_i;
 * - `replace`: the reconstruction of x with the activations of these features set to 0.
 */
export interface Edit {
  readonly at: string;
  readonly kind: "subtractFeatures" | "add" | "replace";
  readonly dictionary: GivenDictionary;
  readonly features: readonly number[];
  /** Default 1. Ignored by `replace`. */
  readonly strength?: number;
}

/** A batch of texts as token ids. */
export interface ForwardInput {
  /** One row of token ids per text. Rows of different length are padded on the left. */
  readonly inputIds: readonly (readonly number[])[];
  /** 1 for a token, 0 for padding, same shape as inputIds. Default: 1 for all given tokens. */
  readonly attentionMask?: readonly (readonly number[])[];
}

/** What one pass reads and changes. */
export interface ForwardOptions {
  /**
   * Hook points to read: `blocks.N.hook_attn_out`, `blocks.N.hook_mlp_out`,
   * `blocks.N.hook_resid_post`.
   */
  readonly hooks?: readonly string[];
  readonly edits?: readonly Edit[];
  /**
   * `all` (default): logits at every position; `last`: at the last one, [batch, 1, vocab]; `none`:
   * the pass ends at the highest requested hook point, and logits is empty.
   */
  readonly logits?: "all" | "last" | "none";
  /**
   * Number of last tokens of every row that are alternatives at one position: each follows the
   * tokens before all of them and does not attend to the others. Default 1.
   */
  readonly alternatives?: number;
  readonly signal?: AbortSignal;
}

/** Logits and activations of one pass. */
export interface ForwardResult {
  /** [batch, length, vocab] */
  readonly logits: FloatTensor;
  /** Hook point -> [batch, length, dModel]; values at padding positions have no meaning. */
  readonly hooks: Readonly<Record<string, FloatTensor>>;
}

/** How texts are continued. */
export interface GenerateOptions {
  readonly maxNewTokens: number;
  /** 0 is greedy decoding. Default 1. */
  readonly temperature?: number;
  /** Keep the k most likely tokens; 0 (default) keeps all. */
  readonly topK?: number;
  /**
   * Keep the smallest set of tokens with at least this total probability; 1 (default) keeps all.
   */
  readonly topP?: number;
  /**
   * Every row has its own random stream of this seed, so its text does not depend on the other
   * rows. Default 42.
   */
  readonly seed?: number;
  /**
   * Tokens that end a row; the token is kept. Default: the model's end-of-text tokens. Empty: never
   * end early.
   */
  readonly stopTokens?: readonly number[];
  /** Limits per row instead of maxNewTokens. */
  readonly maxNewTokensPerRow?: readonly number[];
  readonly edits?: readonly Edit[];
  readonly signal?: AbortSignal;
  /** Called with every new token at once; `row` is an index of inputIds. */
  onToken?(row: number, id: number): void;
}

/** The values of a model's config.json that the project uses. */
export interface ModelConfig {
  readonly modelType: string;
  readonly vocabSize: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly nLayers: number;
  /** Number of query heads. */
  readonly nHeads: number;
  /** Number of key and value heads: nHeads, or a divisor of it when query heads share them. */
  readonly kvHeads: number;
  /** Dimensions per head; not always dModel / nHeads. */
  readonly headSize: number;
  readonly maxPositions: number;
  readonly bosTokenId: number | null;
  /** Tokens that end a text; may be empty. */
  readonly eosTokenIds: readonly number[];
  /**
   * Fields of generation_config.json other than token ids: not used, but written with the saved
   * model.
   */
  readonly otherGenerationFields?: Readonly<Record<string, unknown>>;
}

/** Edits, and tokens that are given and not predicted. */
export interface LogProbsOptions extends Pick<ForwardOptions, "edits" | "signal"> {
  /**
   * Per row, the number of first tokens without a prediction, such as those of a prompt. Default:
   * none.
   */
  readonly given?: readonly number[];
}

/** Any causal language model of the project. */
export interface LanguageModel {
  readonly config: ModelConfig;
  /** Tensor names as in the model's safetensors file; buffers are not parameters. */
  readonly parameterNames: readonly string[];
  /** A copy of one parameter. @throws RewardscopeError when there is no such parameter. */
  parameter(name: string): Promise<FloatTensor>;
  /** One pass over a batch of texts: logits, and the activations at the hook points asked for. */
  forward(input: ForwardInput, options?: ForwardOptions): Promise<ForwardResult>;
  /**
   * Log-probability of every token given the tokens before it: [batch, length - 1], column t is the
   * prediction of token t + 1; 0 where token t or t + 1 is padding, and where token t + 1 is
   * `given`. The logits of the whole batch are never in the caller's memory.
   */
  logProbs(input: ForwardInput, options?: LogProbsOptions): Promise<FloatTensor>;
  /**
   * Continues every row; returns prompts followed by the new tokens, rows of different length.
   * Prompts may differ in length.
   */
  generate(inputIds: readonly (readonly number[])[], options: GenerateOptions): Promise<number[][]>;
  /** Frees the parameters early; optional. */
  dispose(): Promise<void>;
}

/** How tokens become text. */
export interface DecodeOptions {
  /** Leave out the end-of-text token and all special tokens of tokenizer.json. Default false. */
  readonly skipSpecialTokens?: boolean;
}

/** BPE of a tokenizer.json, of bytes or of characters with marked blanks. */
export interface Tokenizer {
  readonly vocabSize: number;
  readonly eosTokenId: number | null;
  /** The ids of the tokens of a text; no special tokens are added. */
  encode(text: string): number[];
  /** The text of tokens. */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /** The text of one token alone, e.g. " good". */
  tokenText(id: number): string;
  /** The id of the token with exactly this text, if there is one. */
  tokenId(text: string): number | undefined;
}
