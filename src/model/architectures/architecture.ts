/**
 * The interface of a model architecture: sizes from config.json, parameters, and the forward pass
 * as a graph.
 */
import type { Graph } from "../../graph/builder.js";
import type { Dim } from "../../graph/dims.js";
import type { Value } from "../../graph/value.js";
import type { Engine, Program } from "../../runtime/engine.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import type { ParameterStore } from "../../runtime/parameter-store.js";
import type { HookPoint } from "../hook-points.js";
import type { ModelConfig } from "../language-model.js";
import type { KeyValueCache, ParameterLayout } from "./layers.js";
import type { ParameterRole } from "./parameter-role.js";

/**
 * Inputs of a forward pass. `keys` is the number of positions that can be attended to: those of
 * this pass, or of a cache.
 */
export interface PassInputs {
  /** int64 [batch, length] */
  readonly ids: Value;
  /** int64 [batch, length], counting real tokens only */
  readonly positions: Value;
  /**
   * float [batch, keys]: 0 for a token, a large negative number for padding; undefined if
   * causalMask includes it
   */
  readonly keyMask?: Value;
  /**
   * float [length, keys], or [batch, 1, length, keys]: 0 where attention is allowed, a large
   * negative number elsewhere
   */
  readonly causalMask: Value;
}

/** Taps of a forward pass, by which it is read, edited, or ended early. */
export interface PassTaps {
  /**
   * Receives the value at every hook point [batch, length, dModel] and returns the value with which
   * the pass continues.
   */
  at?(point: HookPoint, value: Value): Value;
  /**
   * Receives keys and values of this pass [batch, kvHeads, length, headSize] and returns those of
   * earlier passes.
   */
  cache?(layer: number, keys: Value, values: Value): KeyValueCache;
  /** The pass ends at this hook point. */
  last?: HookPoint;
}

export interface Architecture<C extends ModelConfig = ModelConfig> {
  /** `model_type` of config.json */
  readonly modelType: string;
  /** `architectures[0]` of config.json */
  readonly className: string;
  parseConfig(json: Readonly<Record<string, unknown>>, file: string): C;
  /** config.json in a form that old and new versions of transformers read. */
  formatConfig(config: C): Record<string, unknown>;
  /** Names and sizes of all parameters, in the order of the safetensors file. */
  layout(config: C): ParameterLayout[];
  /** The module of a parameter, and its units. */
  role(name: string, config: C): ParameterRole;
  /**
   * Hidden states after the final norm [batch, length, dModel], or the value at `taps.last` if the
   * pass ends there.
   */
  hidden(g: Graph, config: C, parameter: ParameterLookup, inputs: PassInputs, taps?: PassTaps): Value;
  /** Logits of hidden states [.., dModel] -> [.., vocab]. */
  unembed(g: Graph, config: C, parameter: ParameterLookup, hidden: Value): Value;
  /**
   * The final norm's effect on directions in the residual stream [.., dModel], without the
   * division, which depends on the text, and without the bias.
   */
  finalNormOfDirections(g: Graph, config: C, parameter: ParameterLookup, directions: Value): Value;
  /** The kind of a checkpoint's tensor that is not a parameter; undefined if unknown. */
  extraTensor(name: string, config: C): "copy of the embedding" | undefined;
}

/** A model on the engine, for code that adds its own graphs: sampling, training, PPO. */
export interface EngineModel {
  readonly engine: Engine;
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly store: ParameterStore;
  /**
   * A program of the model, built on first use; `key` identifies its graph, and whether the program
   * holds the parameters (see `Engine.load`).
   */
  program(key: string, build: () => Graph, options?: { atRest?: boolean }): Promise<Program>;
}

/** Declares the inputs of a pass. */
export function passInputs(g: Graph, keys: Dim = "length"): Required<PassInputs> {
  return {
    ids: g.input("ids", ["batch", "length"], "int64"),
    positions: g.input("positions", ["batch", "length"], "int64"),
    keyMask: g.input("keyMask", ["batch", keys]),
    causalMask: g.input("causalMask", ["length", keys]),
  };
}

/**
 * Declares the inputs of a pass over rows of several texts that do not attend to each other; see
 * `packTexts`.
 */
export function packedInputs(g: Graph): PassInputs {
  return {
    ids: g.input("ids", ["batch", "length"], "int64"),
    positions: g.input("positions", ["batch", "length"], "int64"),
    causalMask: g.input("causalMask", ["batch", 1, "length", "length"]),
  };
}
