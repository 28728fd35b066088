/** A trained sparse autoencoder: weights, origin, encoding and decoding. */

import { FeatureDictionary, type GivenDictionary, weightTensors } from "../dictionary/dictionary.js";
import type { TrainingFacts } from "../dictionary/kind.js";
import { kindNames, rowOf } from "../dictionary/kinds.js";
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/builder.js";
import { type Engine, type Program, sharedEngine } from "../runtime/engine.js";
import type { FloatTensor, Tensor } from "../runtime/tensor.js";
import { decodingGraph, encodingGraph } from "./autoencoder-graph.js";

/** Tokens in one run of the engine: 32 MiB of feature activations for 2048 features. */
const TOKENS_AT_ONCE = 4096;

/** The origin of an autoencoder, saved with its weights. */
export interface AutoencoderOrigin extends TrainingFacts {
  /** The block whose MLP output it was trained on. */
  readonly layer: number;
  /** Whether encoder and decoder were one matrix in training. */
  readonly tied: boolean;
  readonly modelName?: string;
  /** `model_type` of the model's config.json. */
  readonly modelType?: string;
  /** Maximal tokens that were read of a text. */
  readonly contextSize?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  /** Tokens seen in training, repeats included. */
  readonly trainingTokens?: number;
  /** Hash of the texts that it was trained on. */
  readonly dataHash?: string;
}

/** The programs fit autoencoders of every size, so each engine loads them once. */
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

const encodingPrograms = new Map(kindNames.map((kind) => [kind, new ProgramCache(() => encodingGraph(kind))]));
const decodingPrograms = new ProgramCache(decodingGraph);

/**
 * A sparse autoencoder of MLP outputs (paper, section 4.2 and Appendix D, with the decoder bias of
 * SAELens and of the authors' code): a dictionary with its origin, and an engine to run it.
 */
export class Autoencoder extends FeatureDictionary {
  /**
   * @param weights the kind may be given by `k` only (top-k), or not at all (ReLU)
   * @param engine default: the engine that the process shares
   * @throws ShapeError when the weights' sizes do not agree with dIn and dSae, or the kind's
   *   parameters with dSae
   */
  constructor(
    weights: GivenDictionary,
    readonly origin: AutoencoderOrigin,
    private readonly engine?: Engine,
  ) {
    super(weights);
  }

  /** The same autoencoder with other weights. */
  with(weights: FeatureDictionary): Autoencoder {
    return new Autoencoder(weights, this.origin, this.engine);
  }

  /** The block whose MLP output it reads. */
  get layer(): number {
    return this.origin.layer;
  }

  /** Feature activations kept per token, if the kind has such a number. */
  get k(): number | undefined {
    const { k }: { readonly name: string; readonly k?: number } = this.kind;
    return k;
  }

  /**
   * Feature activations (codes) of MLP outputs. Any number of rows; the engine holds a bounded
   * slice at a time.
   * @param x [tokens, dIn]
   * @returns [tokens, dSae], none negative
   * @throws ShapeError when x has another width
   */
  encode(x: FloatTensor): Promise<FloatTensor> {
    const { dIn, dSae, kind } = this;
    const { wEnc, bEnc, bDec } = weightTensors(this);
    const inputBias = this.applyBDecToInput ? bDec : { dims: [dIn], data: new Float32Array(dIn) };
    return this.inSlices(
      encodingPrograms.get(kind.name)!,
      { name: "x", tensor: x, width: dIn },
      { name: "codes", width: dSae },
      { inputBias, wEnc, bEnc, ...rowOf(kind).feeds(kind) },
    );
  }

  /**
   * Reconstructions of MLP outputs from feature activations.
   * @param codes [tokens, dSae]
   * @returns [tokens, dIn]
   * @throws ShapeError when codes has another width
   */
  decode(codes: FloatTensor): Promise<FloatTensor> {
    const { dIn, dSae } = this;
    const { wDec, bDec } = weightTensors(this);
    return this.inSlices(
      decodingPrograms,
      { name: "codes", tensor: codes, width: dSae },
      { name: "xHat", width: dIn },
      { wDec, bDec },
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
        help: "Use an autoencoder that was trained on activations of this model and layer.",
      });
    const program = await programs.on(this.engine ?? sharedEngine());
    const tokens = dims[0];
    const result = new Float32Array(tokens * output.width);
    for (let start = 0; start < tokens; start += TOKENS_AT_ONCE) {
      const end = Math.min(tokens, start + TOKENS_AT_ONCE);
      // Sending a view would send its whole buffer to the worker.
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
