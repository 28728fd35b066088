/**
 * What a kind of dictionary is: settings of training, data of a trained one, and the form of its
 * row in `kinds.ts`.
 */

import type { Graph } from "../graph/builder.js";
import type { Dim, DType } from "../graph/dims.js";
import type { Value } from "../graph/value.js";
import type { Tensor } from "../runtime/tensor.js";

/**
 * What training is told, by the name of the kind. Plain data: kept in checkpoints, and in results
 * without the name.
 */
export type KindSettings =
  | {
      readonly name: "relu";
      /** Weight of the mean over tokens of the codes' L1 norm. */
      readonly l1Coef: number;
    }
  | {
      readonly name: "topk";
      /** Codes of a token that are kept, the largest ones, 1..dSae. */
      readonly k: number;
    };

export type KindName = KindSettings["name"];

/**
 * What a trained dictionary holds beside the weights that every kind has: numbers, and
 * Float32Arrays with one value per feature. Plain data.
 */
export type DictionaryKind =
  | { readonly name: "relu" }
  | {
      readonly name: "topk";
      /** Codes of a token that are kept, the largest ones, 1..dSae. */
      readonly k: number;
    };

/**
 * Numbers of training that are kept with a dictionary: their names under `metadata` in SAELens's
 * cfg.json, and their types.
 */
export const trainingFacts = { l1Coef: { name: "l1_coefficient", type: "number" } } as const;

export type TrainingFacts = { readonly [Fact in keyof typeof trainingFacts]?: number };

/** A parameter that does not fit the dictionary, for the caller to say where it stands. */
export interface KindProblem {
  readonly parameter: string;
  readonly expected: string;
  readonly received: string;
}

/** Declares an input of the graph, under a name that the caller may lengthen. */
export type DeclareInput = (name: string, dims: readonly Dim[], dtype?: DType) => Value;

/**
 * What a kind reads of a folder of SAELens: fields of cfg.json. All throw a FormatError that names
 * the file.
 */
export interface SaelensFields {
  /** A whole number of at least 1; `standard` where it is missing. */
  count(key: string, standard?: number): number;
  /** True or false; `standard` where it is missing. */
  flag(key: string, standard: boolean): boolean;
  /** The error of a field, to be thrown. */
  wrong(key: string, problem: string, help?: string): Error;
}

type Of<Union extends { name: KindName }, Name extends KindName> = Extract<Union, { name: Name }>;

/**
 * Everything that differs between kinds. Pre-activations [.., dSae] are
 * (x - bDec if applyBDecToInput) wEnc + bEnc.
 */
export interface KindRow<Settings extends KindSettings = KindSettings, Kind extends DictionaryKind = DictionaryKind> {
  /** For the list of settings: what keeps the codes sparse. */
  readonly summary: string;
  /** What does not fit a dictionary of dSae features; undefined where all does. */
  problem(kind: Kind, dSae: number): KindProblem | undefined;
  /**
   * Whether a feature's code depends on its own pre-activation alone, so that some features can be
   * encoded without the others.
   */
  readonly separable: boolean;
  /**
   * Codes, none negative, from pre-activations of the same shape. What it asks `input` for, `feeds`
   * has under the same name.
   */
  activation(g: Graph, preActivations: Value, input: DeclareInput): Value;
  /**
   * @param features those that are encoded, in their order, where they are not all. Such a kind is
   *   separable.
   */
  feeds(kind: Kind, features?: readonly number[]): Readonly<Record<string, Tensor>>;
  readonly training: TrainingOfKind<Settings>;
  readonly saelens: SaelensForm<Kind>;
}

/** How dictionaries of one kind are trained. */
export interface TrainingOfKind<Settings extends KindSettings = KindSettings> {
  /** As `problem` of the row. */
  problem(settings: Settings, dSae: number): KindProblem | undefined;
  /** Unlike that of other settings of any kind: `l1 0.001`. */
  label(settings: Settings): string;
  /**
   * What the graph of training holds as constants: autoencoders for which it is the same may share
   * a program.
   */
  constants(settings: Settings): object;
  /**
   * Names and first values of trained tensors [dSae], beside the encoder's bias that every kind
   * has.
   */
  readonly tensors: Readonly<Record<string, number>>;
  /**
   * Codes [tokens, dSae], none negative, through which gradients pass.
   * @param tensor a trained tensor by its name
   */
  activation(g: Graph, preActivations: Value, settings: Settings, tensor: (name: string) => Value): Value;
  /**
   * The loss, a scalar: the error with what the kind adds to it.
   * @param weight declares a scalar input, which `weights` has under the same name
   */
  loss(g: Graph, terms: LossTerms, weight: (name: string) => Value): Value;
  /** Of a batch of so many tokens. */
  weights(settings: Settings, tokens: number): Readonly<Record<string, number>>;
  /** What is kept of the settings beside the dictionary, being no part of it. */
  facts(settings: Settings): TrainingFacts;
  /**
   * What the dictionary holds at the end of training. It may be of another kind than was trained.
   * @param tensor a trained tensor by its name
   */
  finish(settings: Settings, tensor: (name: string) => Promise<Float32Array>): DictionaryKind | Promise<DictionaryKind>;
}

/** Of one batch. */
export interface LossTerms {
  /** Weighted squared error, a scalar. */
  readonly error: Value;
  /** [tokens, dSae] */
  readonly preActivations: Value;
  /** [tokens, dSae] */
  readonly codes: Value;
  /** Sum of the codes, which is their L1 norm, since none is negative. */
  readonly l1: Value;
}

/** How SAELens (sae_lens 6) calls and keeps one kind. */
export interface SaelensForm<Kind extends DictionaryKind = DictionaryKind> {
  readonly architecture: string;
  /**
   * Fields of cfg.json and tensors [dSae] of sae_weights.safetensors, beside those of every kind.
   */
  write(kind: Kind): {
    readonly fields: Readonly<Record<string, unknown>>;
    readonly tensors: Readonly<Record<string, Float32Array>>;
  };
  /**
   * @param norms of the decoder's rows [dSae], where some were not 1: features were divided by
   *   them, and their pre-activations multiplied; undefined where all were 1
   * @param tensor a tensor [dSae] of sae_weights.safetensors, all of its values finite
   * @throws FormatError that names the file and the field
   */
  read(
    cfg: SaelensFields,
    norms: Float64Array | undefined,
    tensor: (name: string) => Promise<Float32Array>,
  ): DictionaryKind | Promise<DictionaryKind>;
}

/** The rows of all kinds; one that is missing does not compile. */
export type KindTable = {
  readonly [Name in KindName]: KindRow<Of<KindSettings, Name>, Of<DictionaryKind, Name>>;
};
