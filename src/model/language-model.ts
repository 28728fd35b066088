/** What the rest of the project knows of a causal language model, whatever its architecture. */
import type { GivenDictionary } from "../dictionary/dictionary.js";
import type { FloatTensor } from "../runtime/tensor.js";

export { mlpHookPoint } from "./hook-points.js";

/**
 * A change of the activations x [.., dIn] at one hook point, made inside the forward graph:
 * `subtractFeatures`: x - strength * sum of f_i d_i over the features, codes computed on x as edited at earlier hook points;
 * `add`: x + strength * sum of d_i; `replace`: the reconstruction of x with the features' codes set to 0.
 */
export interface Edit {
  readonly at: string;
  readonly kind: "subtractFeatures" | "add" | "replace";
  readonly dictionary: GivenDictionary;
  readonly features: readonly number[];
  /** Default 1. Ignored by `replace`. */
  readonly strength?: number;
}

export interface ForwardInput {
  /** One row of token ids per text. Rows of different length are padded on the left. */
  readonly inputIds: readonly (readonly number[])[];
  /** 1 for a token, 0 for padding, same shape as inputIds. Default: all 1 but for padding that was added. */
  readonly attentionMask?: readonly (readonly number[])[];
}

export interface ForwardOptions {
  /** Hook points to read: `blocks.N.hook_attn_out`, `blocks.N.hook_mlp_out`, `blocks.N.hook_resid_post`. */
  readonly hooks?: readonly string[];
  readonly edits?: readonly Edit[];
  /**
   * `all` (default): logits at every position; `last`: at the last one, [batch, 1, vocab];
   * `none`: the pass ends at the highest hook point that was asked for, and logits is empty.
   */
  readonly logits?: "all" | "last" | "none";
  /**
   * The last so many tokens of every row are alternatives in one place: each follows the tokens before them all, and none sees
   * another. Default 1.
   */
  readonly alternatives?: number;
  readonly signal?: AbortSignal;
}

export interface ForwardResult {
  /** [batch, length, vocab] */
  readonly logits: FloatTensor;
  /** Hook point -> [batch, length, dModel], padding positions included (their values mean nothing). */
  readonly hooks: Readonly<Record<string, FloatTensor>>;
}

export interface GenerateOptions {
  readonly maxNewTokens: number;
  /** 0 is greedy. Default 1. */
  readonly temperature?: number;
  /** Keep the k likeliest tokens; 0 (default) keeps all. */
  readonly topK?: number;
  /** Keep the smallest set of tokens with at least this probability; 1 (default) keeps all. */
  readonly topP?: number;
  /** Every row draws from its own stream of this seed, so a row's text does not depend on its neighbours. Default 42. */
  readonly seed?: number;
  /** Ends a row; the token is kept. Default: the model's end-of-text tokens. Empty: never end early. */
  readonly stopTokens?: readonly number[];
  /** Per row, instead of maxNewTokens for all. */
  readonly maxNewTokensPerRow?: readonly number[];
  readonly edits?: readonly Edit[];
  readonly signal?: AbortSignal;
  /** Called with every new token as soon as it is chosen; `row` counts as inputIds does. */
  onToken?(row: number, id: number): void;
}

/** The facts of a model's config.json that the rest of the project uses. */
export interface ModelConfig {
  readonly modelType: string;
  readonly vocabSize: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly nLayers: number;
  /** Heads of queries. */
  readonly nHeads: number;
  /** Heads of keys and values: nHeads, or a divisor of it where heads of queries share them. */
  readonly kvHeads: number;
  /** Dimensions of a head; not always dModel / nHeads. */
  readonly headSize: number;
  readonly maxPositions: number;
  readonly bosTokenId: number | null;
  /** Tokens that end a text; none for a model without them. */
  readonly eosTokenIds: readonly number[];
  /** What generation_config.json says beside token ids: used by nobody here, kept for whoever loads the saved model. */
  readonly otherGenerationFields?: Readonly<Record<string, unknown>>;
}

export interface LogProbsOptions extends Pick<ForwardOptions, "edits" | "signal"> {
  /** Per row, how many tokens at its beginning are not asked for, such as those of a prompt. Default: none. */
  readonly given?: readonly number[];
}

/** Any causal language model of the project. */
export interface LanguageModel {
  readonly config: ModelConfig;
  /** Tensor names as in the model's safetensors file; buffers are not parameters. */
  readonly parameterNames: readonly string[];
  /** A copy of one parameter. @throws RewardscopeError when there is no such parameter. */
  parameter(name: string): Promise<FloatTensor>;
  forward(input: ForwardInput, options?: ForwardOptions): Promise<ForwardResult>;
  /**
   * Log-probability of every token given those before it: [batch, length - 1], column t is the prediction of token t + 1;
   * 0 where token t or t + 1 is padding, and where token t + 1 is `given`. Does not hold logits of the whole batch in the
   * caller's memory.
   */
  logProbs(input: ForwardInput, options?: LogProbsOptions): Promise<FloatTensor>;
  /** Continues every row; returns the prompt followed by the new tokens, rows of different length. Prompts may differ in length. */
  generate(inputIds: readonly (readonly number[])[], options: GenerateOptions): Promise<number[][]>;
  /** Frees the parameters early; optional. */
  dispose(): Promise<void>;
}

export interface DecodeOptions {
  /** Leaves out the end-of-text token and all that tokenizer.json calls special. Default false. */
  readonly skipSpecialTokens?: boolean;
}

/** BPE of a tokenizer.json, of bytes or of characters with marked blanks. */
export interface Tokenizer {
  readonly vocabSize: number;
  readonly eosTokenId: number | null;
  encode(text: string): number[];
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /** The text of one token alone, e.g. " good". */
  tokenText(id: number): string;
  /** The id of the token whose text is exactly this, if there is one. */
  tokenId(text: string): number | undefined;
}
