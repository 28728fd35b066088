/** The messages between the main thread and the worker that runs the engine. */
import type { ConfigIssue } from "../errors.js";
import type { BackendName } from "./backend.js";
import type { FloatTensor, Tensor } from "./tensor.js";

/**
 * Where the engine computes. `webgpu`: on a GPU, by WebGPU; `auto`: on a GPU if there is one that works;
 * what fails goes on on the CPU.
 */
export const deviceNames = ["cpu", "webgpu", "auto"] as const;

export type DeviceName = (typeof deviceNames)[number];

/** Backend, device and threads of an engine. */
export interface EngineOptions {
  /** Default: what the environment names, or the first that loads; see `choose-backend.ts`. */
  readonly backend?: BackendName;
  /** Threads of a run; products differ in their last bits between numbers of threads. Default: one per core. */
  readonly threads?: number;
  /** Default: cpu. */
  readonly device?: DeviceName;
}

/** What the worker of an engine is given. */
export interface WorkerOptions extends EngineOptions {
  /** The memory of the turns of all engines that this thread has. */
  readonly turns: SharedArrayBuffer;
}

/** What runs. */
export interface EngineDescription {
  readonly backend: BackendName;
  /** Whether programs can hold parameters as constants. */
  readonly holdsConstants: boolean;
  /** The reason why a preferred backend is not used, unless this one was requested. */
  readonly fallbackReason?: string;
  /** The name of the GPU that computes, if one does. */
  readonly device?: string;
  /** The reason why none does, if one was requested or looked for. */
  readonly deviceReason?: string;
}

/** A parameter's name and sizes. `decay`: weight decay applies to it. */
export interface TensorLayout {
  readonly name: string;
  readonly dims: readonly number[];
  readonly decay?: boolean;
}

/** What a store keeps of each parameter. */
export type Region = "parameters" | "gradients" | "firstMoment" | "secondMoment";

/** All settings of one Adam step. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled, as in AdamW; 0 for Adam. */
  readonly weightDecay: number;
  /** Maximal global norm of the gradients; larger ones are scaled down; 0: no limit. */
  readonly maxGradNorm: number;
  /** 1 for the first step. */
  readonly step: number;
}

/** Which pre-activations are active codes: all that are positive, the k largest of each token, or the k * tokens largest of the batch. */
export type Keep = { readonly of: "all" } | { readonly of: "token" | "batch"; readonly k: number };

/** An autoencoder whose gradients are taken by its active codes; its parameters are in one store. */
export interface SparseAutoencoder {
  /** Parameters are `NAME.encoder` [dSae, dIn], `NAME.encoderBias`, `NAME.decoderBias`, and `NAME.decoder` if not tied. */
  readonly name: string;
  readonly dIn: number;
  readonly dSae: number;
  readonly tied: boolean;
  /** The rows of the encoder, which is not tied, are taken as they are. Default: divided by their norms. */
  readonly freeEncoder?: boolean;
  readonly keep: Keep;
  /** With `all`: the share of active codes above which there is no result. */
  readonly most: number;
  /** Weight of the sum of active codes in the loss. */
  readonly l1Weight: number;
  /** The auxiliary loss of dead features: 1 for dead ones [dSae], how many count per token, and the weight of its sum of squares. */
  readonly dead?: { readonly features: Float32Array; readonly kept: number; readonly weight: number };
}

/** An autoencoder, and the handle of the program of its pre-activations. */
export interface SparseMember {
  readonly program: number;
  readonly autoencoder: SparseAutoencoder;
}

/** Sums over a batch. */
export interface SparseSums {
  readonly squaredError: number;
  readonly l1: number;
  readonly l0: number;
  /** Of the k * tokens largest: the smallest. */
  readonly threshold?: number;
  /** [dSae], tokens on which a feature is active. */
  readonly fired: Int32Array;
}

/** Inputs of a run other than feeds, and its outputs. */
export interface RunRequest {
  readonly program: number;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /**
   * Stores of the inputs `parameters/NAME` and of the outputs that are gradients, searched in
   * order.
   */
  readonly stores: readonly number[];
  /**
   * The state with inputs `state/NAME`; outputs `next/NAME` are new rows of it, at the positions of
   * the feed `slots`.
   */
  readonly state?: number;
  readonly fetch: readonly string[];
}

/** A matrix's gradients times the differences of two other stores, summed. */
export interface GradientAlong {
  /** [rows], each over its columns. */
  readonly ofRows: Float64Array;
  /** [columns], each over its rows; a vector [n] has n rows and one column. */
  readonly ofColumns: Float64Array;
}

/** Parameters that a program holds as constants. */
export interface Constants {
  readonly store: number;
  readonly names: readonly string[];
}

/** Every call: arguments and result. */
export interface Calls {
  describe: { arguments: Record<string, never>; result: EngineDescription };
  createStore: {
    arguments: { layout: readonly TensorLayout[]; trainable: boolean; onThreads?: boolean };
    result: number;
  };
  dropStore: { arguments: { store: number }; result: null };
  write: { arguments: { store: number; region: Region; name: string; data: Float32Array }; result: null };
  read: { arguments: { store: number; region: Region; name: string }; result: Float32Array };
  copyParameters: { arguments: { from: number; to: number; names?: readonly string[] }; result: null };
  setBetween: { arguments: { store: number; start: number; end: number; dose: number }; result: null };
  gradientAlong: {
    arguments: { store: number; start: number; end: number; name: string };
    result: GradientAlong;
  };
  /** Result: undefined for autoencoders with more active codes than `most`. */
  sparseGradients: {
    arguments: {
      store: number;
      x: FloatTensor;
      errorWeight: number;
      members: readonly SparseMember[];
    };
    result: readonly (SparseSums | undefined)[];
  };
  adamStep: { arguments: { store: number; settings: AdamSettings }; result: number };
  loadProgram: { arguments: { name: string; bytes: Uint8Array; constants?: Constants }; result: number };
  dropProgram: { arguments: { program: number }; result: null };
  createState: { arguments: { tensors: Readonly<Record<string, FloatTensor>>; capacity: number }; result: number };
  growState: { arguments: { state: number; axis: number; size: number }; result: null };
  shortenState: { arguments: { state: number; size: number }; result: null };
  dropState: { arguments: { state: number }; result: null };
  run: { arguments: RunRequest; result: Record<string, Tensor> };
}

export type CallName = keyof Calls;

/** What answers the calls in the worker. */
export type Handlers = {
  readonly [K in CallName]: (
    a: Calls[K]["arguments"],
    signal: AbortSignal,
  ) => Calls[K]["result"] | Promise<Calls[K]["result"]>;
};

/** Makes one call and returns its result. */
export type Call = <K extends CallName>(name: K, args: Calls[K]["arguments"]) => Promise<Calls[K]["result"]>;

export interface CallMessage<K extends CallName = CallName> {
  readonly id: number;
  readonly name: K;
  readonly arguments: Calls[K]["arguments"];
}

/** Aborts a call, which is still answered. */
export interface AbortMessage {
  readonly abort: number;
}

/** Ends the worker: aborts running calls and frees all sessions. */
export interface CloseMessage {
  readonly close: true;
}

/** A line for the user. */
export interface NoticeMessage {
  readonly notice: string;
}

export type ReplyMessage =
  | { readonly id: number; readonly result: Calls[CallName]["result"] }
  | { readonly id: number; readonly error: { message: string; issues?: readonly ConfigIssue[] } };
