/**
 * The types of dictionary kinds: the data of a trained dictionary and its row in `kinds.ts`, and
 * the settings of training and their row in `training-kinds.ts`.
 */

import type { Graph } from "../graph/builder.js";
import type { Dim, DType } from "../graph/dims.js";
import type { Value } from "../graph/value.js";
import type { Keep } from "../runtime/protocol.js";
import type { Tensor } from "../runtime/tensor.js";

/**
 * Training settings by the name of the kind. Plain data: saved in checkpoints, and in results
 * without the name.
 */
export type KindSettings =
  | {
      readonly name: "relu";
      /** Weight of the L1 norm of feature activations, averaged over tokens. */
      readonly l1Coef: number;
    }
  | {
      readonly name: "topk";
      /** Number of feature activations kept per token, the largest ones, 1..dSae. */
      readonly k: number;
    }
  | {
      readonly name: "batchtopk";
      /** Mean number of feature activations kept per token, the largest ones of a batch. 1..dSae */
      readonly k: number;
    }
  | {
      readonly name: "jumprelu";
      /** Weight of the number of active features, averaged over tokens. */
      readonly l0Coef: number;
    };

export type TrainingKindName = KindSettings["name"];

/**
 * Data of a trained dictionary besides the weights that every kind has: numbers, and Float32Arrays
 * with one value per feature. Plain data.
 */
export type DictionaryKind =
  | { readonly name: "relu" }
  | {
      readonly name: "topk";
      /** Number of feature activations kept per token, the largest ones, 1..dSae. */
      readonly k: number;
    }
  | {
      readonly name: "jumprelu";
      /** [dSae]; smaller feature activations are 0. */
      readonly threshold: Float32Array;
    }
  | {
      readonly name: "gated";
      /** [dSae], positive: the slope of a feature activation over its pre-activation. */
      readonly scale: Float32Array;
      /** [dSae], the feature activation where the pre-activation is just above 0. */
      readonly shift: Float32Array;
    };

export type KindName = DictionaryKind["name"];

/**
 * Numbers of training that are saved with a dictionary: their names under `metadata` in SAELens's
 * cfg.json, and their types.
 */
export const trainingFacts = {
  l1Coef: { name: "l1_coefficient", type: "number" },
  l0Coef: { name: "l0_coefficient", type: "number" },
  trainedK: { name: "k", type: "number" },
} as const;

export type TrainingFacts = { readonly [Fact in keyof typeof trainingFacts]?: number };

/** A parameter that does not fit the dictionary; the caller adds its place to the error. */
export interface KindProblem {
  readonly parameter: string;
  readonly expected: string;
  readonly received: string;
}

/** Declares an input of the graph; the caller may add a prefix to the name. */
export type DeclareInput = (name: string, dims: readonly Dim[], dtype?: DType) => Value;

/** Reads fields of cfg.json of a SAELens folder. All throw a FormatError that names the file. */
export interface SaelensFields {
  /** A whole number of at least 1; `standard` if it is missing. */
  count(key: string, standard?: number): number;
  /** True or false; `standard` if it is missing. */
  flag(key: string, standard: boolean): boolean;
  /** Makes the error of a field. */
  wrong(key: string, problem: string, help?: string): Error;
}

type Of<Union extends { name: string }, Name extends Union["name"]> = Extract<Union, { name: Name }>;

/**
 * Everything that differs between kinds in use. Pre-activations [.., dSae] are
 * (x - bDec if applyBDecToInput) wEnc + bEnc.
 */
export interface KindRow<Kind extends DictionaryKind = DictionaryKind> {
  /** The parameter that does not fit a dictionary of dSae features; undefined if all fit. */
  problem(kind: Kind, dSae: number): KindProblem | undefined;
  /**
   * Whether a feature's activation depends only on its own pre-activation, so that some features
   * can be encoded without the others.
   */
  readonly separable: boolean;
  /**
   * Feature activations, none negative, from pre-activations of the same shape. The values of the
   * inputs that it declares are in `feeds` under the same names.
   */
  activation(g: Graph, preActivations: Value, input: DeclareInput): Value;
  /**
   * @param features the encoded features in their order; default: all. Only for separable kinds.
   */
  feeds(kind: Kind, features?: readonly number[]): Readonly<Record<string, Tensor>>;
  /**
   * The kind of a dictionary whose pre-activations are multiplied by positive factors and whose
   * features are divided by them; undefined if that would change which features are active.
   * @param factors [dSae]
   */
  rescaled(kind: Kind, factors: Float64Array): Kind | undefined;
  readonly saelens: SaelensForm<Kind>;
}

/** How dictionaries of one kind are trained. */
export interface TrainingKindRow<Settings extends KindSettings = KindSettings> {
  /** For the list of settings: how feature activations are made sparse. */
  readonly summary: string;
  /** The parameter that does not fit a dictionary of dSae features; undefined if all fit. */
  problem(settings: Settings, dSae: number): KindProblem | undefined;
  /** Different for different settings, also of other kinds: `l1 0.001`. */
  label(settings: Settings): string;
  /** The constants of the training graph: autoencoders with equal constants may share a program. */
  constants(settings: Settings): object;
  /**
   * Names and initial values of trained tensors [dSae] besides the encoder's bias, which all have.
   */
  readonly tensors: Readonly<Record<string, number>>;
  /** Names of the scalars that `activation` observes. */
  readonly observed: readonly string[];
  /**
   * Feature activations [tokens, dSae], none negative, differentiable.
   * @param tensor a trained tensor by its name
   * @param observe records a scalar of the batch, whose running average `finish` can read
   */
  activation(
    g: Graph,
    preActivations: Value,
    settings: Settings,
    tensor: (name: string) => Value,
    observe: (name: string, value: Value) => void,
  ): Value;
  /**
   * The same activation as a rule for active codes alone, which gives codes and their gradients the
   * same values; the loss must then be the error and `l1Weight` times the L1 norm. Undefined where
   * codes that are 0 have gradients too.
   */
  keep(settings: Settings): Keep | undefined;
  /**
   * The loss, a scalar: the error and the kind's sparsity term.
   * @param weight declares a scalar input, which `weights` has under the same name
   * @param tensor a trained tensor by its name
   */
  loss(g: Graph, terms: LossTerms, weight: (name: string) => Value, tensor: (name: string) => Value): Value;
  /** Weights of the sparsity term for a batch of `tokens` tokens. */
  weights(settings: Settings, tokens: number): Readonly<Record<string, number>>;
  /** Training settings that are saved with the dictionary, but not needed to use it. */
  facts(settings: Settings): TrainingFacts;
  /** The kind of the dictionary after training, which may differ from the trained kind. */
  finish(settings: Settings, trained: Trained): DictionaryKind | Promise<DictionaryKind>;
}

/** One autoencoder at the end of training. */
export interface Trained {
  readonly dSae: number;
  /** A trained tensor by its name. */
  tensor(name: string): Promise<Float32Array>;
  /** The running average of an observed scalar. */
  average(name: string): number;
}

/** Terms of the loss of one batch. */
export interface LossTerms {
  /** Weighted squared error, a scalar. */
  readonly error: Value;
  /** [tokens, dSae] */
  readonly preActivations: Value;
  /** [tokens, dSae] */
  readonly codes: Value;
  /** Sum of the feature activations, which is their L1 norm, since none is negative. */
  readonly l1: Value;
}

/** The form of one kind in a folder of SAELens (sae_lens 6). */
export interface SaelensForm<Kind extends DictionaryKind = DictionaryKind> {
  readonly architecture: string;
  /** The tensor that holds the encoder's bias. */
  readonly encoderBias: string;
  /**
   * Fields of cfg.json and tensors [dSae] of sae_weights.safetensors, besides those of every kind.
   * @param bEnc the encoder's bias [dSae]
   */
  write(
    kind: Kind,
    bEnc: Float32Array,
  ): {
    readonly fields: Readonly<Record<string, unknown>>;
    readonly tensors: Readonly<Record<string, Float32Array>>;
  };
  /**
   * @param norms of the decoder's rows [dSae] if some were not 1: features were divided by them,
   *   and their pre-activations multiplied; undefined if all were 1
   * @param tensor a tensor [dSae] of sae_weights.safetensors, all of its values finite
   * @param bEnc the encoder's bias [dSae], multiplied by the norms
   * @throws FormatError that names the file and the field
   */
  read(
    cfg: SaelensFields,
    norms: Float64Array | undefined,
    tensor: (name: string) => Promise<Float32Array>,
    bEnc: Float32Array,
  ): DictionaryKind | Promise<DictionaryKind>;
}

/** The rows of all kinds; a missing row is a compile error. */
export type KindTable = { readonly [Name in KindName]: KindRow<Of<DictionaryKind, Name>> };
export type TrainingKindTable = { readonly [Name in TrainingKindName]: TrainingKindRow<Of<KindSettings, Name>> };
