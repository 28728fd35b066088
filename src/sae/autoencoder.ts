/** A trained sparse autoencoder: its weights, where it came from, and running it. */

import type { FeatureDictionary } from "../dictionary/dictionary.js";
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/builder.js";
import { type Engine, type Program, sharedEngine } from "../runtime/engine.js";
import type { FloatTensor, Tensor } from "../runtime/tensor.js";
import { decodingGraph, encodingGraph } from "./autoencoder-graph.js";

/** Tokens that go through the engine at once: 32 MiB of codes for 2048 features. */
const TOKENS_AT_ONCE = 4096;

/** What is known of where an autoencoder came from; kept beside its weights. */
export interface AutoencoderOrigin {
  /** The block whose MLP output it was trained on. */
  readonly layer: number;
  /** Whether encoder and decoder were one matrix in training. */
  readonly tied: boolean;
  readonly modelName?: string;
  /** `model_type` of the model's config.json. */
  readonly modelType?: string;
  /** Tokens of a text that were read at most. */
  readonly contextSize?: number;
  /** Not of a top-k autoencoder. */
  readonly l1Coef?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  /** Tokens seen in training, repeats counted. */
  readonly trainingTokens?: number;
  /** Hash of the texts that it was trained on. */
  readonly dataHash?: string;
}

/** Programs serve autoencoders of every size, so each engine loads them once. */
class ProgramCache {
  private readonly programs = new WeakMap<Engine, Promise<Program>>();
  constructor(private readonly build: () => Graph) {}

  on(engine: Engine): Promise<Program> {
    let program = this.programs.get(engine);
    if (!program) {
      program = engine.load(this.build());
      this.programs.set(engine, program);
    }
    return program;
  }
}

const encodingPrograms = new ProgramCache(() => encodingGraph(false));
const topKEncodingPrograms = new ProgramCache(() => encodingGraph(true));
const decodingPrograms = new ProgramCache(decodingGraph);

/**
 * A sparse autoencoder of MLP outputs: f = relu((x - bDec if applyBDecToInput) wEnc + bEnc), xHat = f wDec + bDec
 * (paper, section 4.2 and Appendix D, with the decoder bias of SAELens and of the authors' code). With k, only the k largest codes
 * of a token are kept (Gao et al. 2024; SAELens's architecture `topk`).
 */
export class Autoencoder implements FeatureDictionary {
  readonly dIn: number;
  readonly dSae: number;
  /** [dIn, dSae] */
  readonly wEnc: Float32Array;
  /** [dSae] */
  readonly bEnc: Float32Array;
  /** [dSae, dIn], one feature per row, of norm 1 */
  readonly wDec: Float32Array;
  /** [dIn] */
  readonly bDec: Float32Array;
  readonly applyBDecToInput: boolean;
  readonly k?: number;

  /**
   * @param engine where it runs; default: the engine that the process shares
   * @throws ShapeError when the weights do not have the sizes that dIn and dSae say, or k is not within 1..dSae
   */
  constructor(
    weights: FeatureDictionary,
    readonly origin: AutoencoderOrigin,
    private readonly engine?: Engine,
  ) {
    const { dIn, dSae, wEnc, bEnc, wDec, bDec, k } = weights;
    for (const [name, data, size] of [
      ["wEnc", wEnc, dIn * dSae],
      ["bEnc", bEnc, dSae],
      ["wDec", wDec, dSae * dIn],
      ["bDec", bDec, dIn],
    ] as const)
      if (data.length !== size)
        throw new ShapeError(`${name}: dIn ${dIn} and dSae ${dSae} ask for ${size} values, received ${data.length}`);
    if (k !== undefined && !(Number.isInteger(k) && k >= 1 && k <= dSae))
      throw new ShapeError(`k: expected a whole number from 1 to ${dSae}, the features, received ${k}`);
    this.dIn = dIn;
    this.dSae = dSae;
    this.wEnc = wEnc;
    this.bEnc = bEnc;
    this.wDec = wDec;
    this.bDec = bDec;
    this.applyBDecToInput = weights.applyBDecToInput;
    if (k !== undefined) this.k = k;
  }

  /** The block whose MLP output it reads. */
  get layer(): number {
    return this.origin.layer;
  }

  /**
   * Codes of activations. Any number of rows; the engine holds a bounded slice at a time.
   * @param x [tokens, dIn]
   * @returns [tokens, dSae], none negative; at most k of a token are positive where there is a k
   * @throws ShapeError when x has another width
   */
  encode(x: FloatTensor): Promise<FloatTensor> {
    const { wEnc, bEnc, bDec, dIn, dSae, k } = this;
    const inputBias = this.applyBDecToInput ? bDec : new Float32Array(dIn);
    return this.inSlices(
      k === undefined ? encodingPrograms : topKEncodingPrograms,
      { name: "x", tensor: x, width: dIn },
      { name: "codes", width: dSae },
      {
        inputBias: { dims: [dIn], data: inputBias },
        wEnc: { dims: [dIn, dSae], data: wEnc },
        bEnc: { dims: [dSae], data: bEnc },
        ...(k !== undefined && { k: { dims: [1], data: BigInt64Array.of(BigInt(k)) } }),
      },
    );
  }

  /**
   * Activations that codes stand for.
   * @param codes [tokens, dSae]
   * @returns [tokens, dIn]
   * @throws ShapeError when codes has another width
   */
  decode(codes: FloatTensor): Promise<FloatTensor> {
    const { wDec, bDec, dIn, dSae } = this;
    return this.inSlices(
      decodingPrograms,
      { name: "codes", tensor: codes, width: dSae },
      { name: "xHat", width: dIn },
      {
        wDec: { dims: [dSae, dIn], data: wDec },
        bDec: { dims: [dIn], data: bDec },
      },
    );
  }

  private async inSlices(
    programs: ProgramCache,
    input: { name: string; tensor: FloatTensor; width: number },
    output: { name: string; width: number },
    weights: Readonly<Record<string, Tensor>>,
  ): Promise<FloatTensor> {
    const { dims, data } = input.tensor;
    if (dims.length !== 2 || dims[1] !== input.width)
      throw new ShapeError(`${input.name}: expected [tokens, ${input.width}], received [${dims.join(", ")}]`, {
        at: `autoencoder of layer ${this.layer}`,
        help: "the autoencoder must have been trained on activations of this model and layer",
      });
    const program = await programs.on(this.engine ?? sharedEngine());
    const tokens = dims[0];
    const result = new Float32Array(tokens * output.width);
    for (let start = 0; start < tokens; start += TOKENS_AT_ONCE) {
      const end = Math.min(tokens, start + TOKENS_AT_ONCE);
      // A view would take the whole buffer behind it along into the worker.
      const slice: Tensor = {
        dims: [end - start, input.width],
        data: data.slice(start * input.width, end * input.width),
      };
      const results = await program.run({ feeds: { [input.name]: slice, ...weights }, fetch: [output.name] });
      result.set(results[output.name].data as Float32Array, start * output.width);
    }
    return { dims: [tokens, output.width], data: result };
  }
}
