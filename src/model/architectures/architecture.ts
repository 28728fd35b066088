/** What a model architecture provides: its sizes from config.json, its parameters, and its forward pass as a graph. */
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

/** Inputs of a forward pass. `keys` is the number of positions that attention sees: those of this pass, or of a cache. */
export interface PassInputs {
  /** int64 [batch, length] */
  readonly ids: Value;
  /** int64 [batch, length], counting real tokens only */
  readonly positions: Value;
  /** float [batch, keys]: 0 for a token, a large negative number for padding; undefined where causalMask says it all */
  readonly keyMask?: Value;
  /** float [length, keys], or [batch, 1, length, keys]: 0 where a position may look, a large negative number where it may not */
  readonly causalMask: Value;
}

/** Where a forward pass can be read, changed, or cut short. */
export interface PassTaps {
  /** Receives the value at every hook point [batch, length, dModel] and returns what goes on. */
  at?(point: HookPoint, value: Value): Value;
  /**
   * Receives keys and values of this pass [batch, kvHeads, length, headSize] and returns those of the
   * passes before.
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
  /** config.json in the spelling that old and new versions of transformers read. */
  formatConfig(config: C): Record<string, unknown>;
  /** Names and sizes of all parameters, in the order of the safetensors file. */
  layout(config: C): ParameterLayout[];
  /** What a parameter of the layout is part of. */
  role(name: string, config: C): ParameterRole;
  /**
   * Hidden states after the final norm [batch, length, dModel], or the value at `taps.last` where the
   * pass ends there.
   */
  hidden(g: Graph, config: C, parameter: ParameterLookup, inputs: PassInputs, taps?: PassTaps): Value;
  /** Logits of hidden states [.., dModel] -> [.., vocab]. */
  unembed(g: Graph, config: C, parameter: ParameterLookup, hidden: Value): Value;
  /**
   * What the final norm makes of directions in the residual stream [.., dModel], without its division,
   * which depends on the text, and its bias.
   */
  finalNormOfDirections(g: Graph, config: C, parameter: ParameterLookup, directions: Value): Value;
  /** What a tensor is that checkpoints hold beside the parameters; undefined where that is not known. */
  extraTensor(name: string, config: C): "buffer" | "copy of the embedding" | undefined;
}

/** A model on the engine, as those see it who add graphs of their own: sampling, training, PPO. */
export interface EngineModel {
  readonly engine: Engine;
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly store: ParameterStore;
  /** A program by a key that names its graph; built once for the model. */
  program(key: string, build: () => Graph): Promise<Program>;
}

/** Declares the inputs of a pass. */
export function passInputs(g: Graph, keys: Dim = "length"): PassInputs {
  return {
    ids: g.input("ids", ["batch", "length"], "int64"),
    positions: g.input("positions", ["batch", "length"], "int64"),
    keyMask: g.input("keyMask", ["batch", keys]),
    causalMask: g.input("causalMask", ["length", keys]),
  };
}

/** Declares the inputs of a pass over rows that hold several texts each, which do not see each other; see `packTexts`. */
export function packedInputs(g: Graph): PassInputs {
  return {
    ids: g.input("ids", ["batch", "length"], "int64"),
    positions: g.input("positions", ["batch", "length"], "int64"),
    causalMask: g.input("causalMask", ["batch", 1, "length", "length"]),
  };
}
