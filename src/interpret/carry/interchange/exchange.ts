/** Forward passes of one model with feature activations of the other model in its MLP outputs. */

import { gradients } from "../../../graph/backward.js";
import { Graph } from "../../../graph/builder.js";
import type { Value } from "../../../graph/value.js";
import { type EngineModel, passInputs } from "../../../model/architectures/architecture.js";
import { tokenLogProbs } from "../../../model/causal-lm.js";
import { applyEdits, editFeeds, editsKey, type PlacedEdit, placeEdits } from "../../../model/edits.js";
import { type Edit, mlpHookPoint } from "../../../model/language-model.js";
import { parameterInputs } from "../../../runtime/parameter-inputs.js";
import type { FloatTensor, Tensor } from "../../../runtime/tensor.js";
import type { Autoencoder } from "../../../sae/index.js";
import { contrastFeeds } from "../contrast-batches.js";
import type { TextPair } from "../text-pairs.js";

/** A dictionary of one layer's MLP outputs whose features mean the same in both models. */
export interface SharedDictionary {
  readonly layer: number;
  readonly dictionary: Autoencoder;
}

/** The values that are exchanged. */
export interface Exchange {
  /** Features of each dictionary that get the other model's activations. */
  readonly features: readonly (readonly number[])[];
  /** Whether reconstruction errors are exchanged too. Default false. The dose is then 1. */
  readonly error?: boolean;
  /** Activations become own + dose * (other - own). Default 1. */
  readonly dose?: number;
  /** A vector [dModel] per dictionary that is added at every position. */
  readonly shift?: readonly Float32Array[];
}

/** MLP outputs of a model on a batch of texts, with their feature activations. */
export interface LayerOutputs {
  /** [batch, length, dModel]; padded on the left. */
  readonly outputs: FloatTensor;
  /** [batch * length, dSae] */
  readonly codes: Float32Array;
}

/** The same, with the gradient of the batch's summed contrast. */
export interface ReadLayer extends LayerOutputs {
  /** By the MLP output, [batch, length, dModel]. */
  readonly gradient: FloatTensor;
}

const addedName = (layer: number): string => `added${layer}`;

/**
 * A pass with edits, and an addend at the MLP output of each layer. Declares the inputs of the pass,
 * those of `additions`, and `rows`: the positions in [batch * length] whose logits are wanted.
 * @param read whether the MLP outputs of the layers become outputs
 */
export function exchangedPass(
  g: Graph,
  { config, architecture, store }: EngineModel,
  placed: readonly PlacedEdit[],
  layers: readonly number[],
  read = false,
): { logits: Value; added: Value[] } {
  const parameter = parameterInputs(g, store.layout);
  const added = new Map(layers.map((layer) => [layer, g.input(addedName(layer), ["batch", "length", config.dModel])]));
  const states = architecture.hidden(g, config, parameter, passInputs(g), {
    at: (point, value) => {
      const addition = point.site === "mlp_out" ? added.get(point.layer) : undefined;
      if (read && addition) g.output(`outputs${point.layer}`, value);
      const edited = applyEdits(g, placed, point, value);
      return addition ? g.add(edited, addition) : edited;
    },
  });
  const selected = g.gather(g.flatten(states), g.input("rows", ["rows"], "int64"));
  return { logits: architecture.unembed(g, config, parameter, selected), added: [...added.values()] };
}

/** Values of the addends that `exchangedPass` declares, [batch, length, dModel] per dictionary. */
export function additions(
  dictionaries: readonly SharedDictionary[],
  values: readonly Float32Array[],
  [batch, length]: readonly [number, number],
): Record<string, FloatTensor> {
  return Object.fromEntries(
    dictionaries.map(({ layer, dictionary: { dIn } }, i) => [
      addedName(layer),
      { dims: [batch, length, dIn], data: values[i] },
    ]),
  );
}

/** What is taken away of a model's own values: its part of x + dose * sum of (f_i(other) - f_i(x)) d_i. */
export function exchangeEdits(dictionaries: readonly SharedDictionary[], { features, error, dose }: Exchange): Edit[] {
  return dictionaries.map(
    ({ layer, dictionary }, i): Edit => ({
      at: mlpHookPoint(layer),
      kind: error ? "replace" : "subtractFeatures",
      ...{ dictionary, features: features[i], strength: dose ?? 1 },
    }),
  );
}

/** What the other model adds, per dictionary: its part of the same sum. @param other its values on the same texts */
export function exchangeAddends(
  dictionaries: readonly SharedDictionary[],
  other: readonly LayerOutputs[],
  { features, error = false, dose = 1, shift }: Exchange,
): Float32Array[] {
  return dictionaries.map(({ dictionary }, i) => {
    const values = decoded(other[i], dictionary, features[i], error, dose);
    if (shift) for (let at = 0; at < values.length; at++) values[at] += shift[i][at % dictionary.dIn];
    return values;
  });
}

/**
 * dose * sum of f_i d_i over the chosen features; with the error also x - sum of all f_i d_i - bDec.
 */
function decoded(
  { outputs, codes }: LayerOutputs,
  { dIn, dSae, wDec, bDec }: Autoencoder,
  chosen: readonly number[],
  error: boolean,
  dose: number,
): Float32Array {
  const values = new Float32Array(outputs.data.length);
  const factors = new Float32Array(dSae).fill(error ? -1 : 0);
  for (const feature of chosen) factors[feature] += dose;
  const used = Array.from(factors.keys()).filter((feature) => factors[feature] !== 0);
  for (let token = 0; token < codes.length / dSae; token++) {
    const start = token * dIn;
    if (error) for (let i = 0; i < dIn; i++) values[start + i] = outputs.data[start + i] - bDec[i];
    for (const feature of used) {
      const code = factors[feature] * codes[token * dSae + feature];
      if (code !== 0) for (let i = 0; i < dIn; i++) values[start + i] += code * wDec[feature * dIn + i];
    }
  }
  return values;
}

/** Reads the feature activations of MLP outputs [batch, length, dModel]. */
export async function withCodes(outputs: FloatTensor, dictionary: Autoencoder): Promise<LayerOutputs> {
  const { dIn } = dictionary;
  const { data: codes } = await dictionary.encode({ dims: [outputs.data.length / dIn, dIn], data: outputs.data });
  return { outputs, codes };
}

/** Weighted log-probabilities of `contrastFeeds`, with edits and an addend at each dictionary. */
function exchangeGraph(model: EngineModel, placed: readonly PlacedEdit[], layers: readonly number[], read: boolean) {
  const g = new Graph(`contrast with exchanged features, ${model.config.modelType}`);
  const { logits, added } = exchangedPass(g, model, placed, layers, read);
  const logProbs = tokenLogProbs(g, logits, g.input("targets", ["rows"], "int64"));
  const weighted = g.mul(logProbs, g.input("weights", ["rows"]));
  g.output("weighted", weighted);
  if (read) {
    const found = gradients(g, g.reduceSum(weighted), added);
    for (const [i, layer] of layers.entries()) g.output(`gradient${layer}`, found[i]);
  }
  return g;
}

/** Passes of two models over one batch of text pairs. */
export class ExchangeBatch {
  private readonly feeds: Record<string, Tensor>;

  /** @param dictionaries one per layer; `Exchange` and `LayerOutputs` are in the same order */
  constructor(
    private readonly dictionaries: readonly SharedDictionary[],
    private readonly pairs: readonly TextPair[],
    private readonly config: EngineModel["config"],
    private readonly signal?: AbortSignal,
  ) {
    this.feeds = contrastFeeds(config, pairs);
  }

  /** 1 for a token, 0 for padding, [batch * length]. */
  get mask(): Uint8Array {
    const { data } = this.feeds.keyMask;
    return Uint8Array.from(data as Float32Array, (value) => (value === 0 ? 1 : 0));
  }

  /** A model's MLP outputs, their feature activations, and the gradient of its contrast. */
  async read(model: EngineModel): Promise<ReadLayer[]> {
    const layers = this.layers();
    const program = await model.program(`read contrast [${layers}]`, () => exchangeGraph(model, [], layers, true));
    const nothing = layers.map(() => this.zeros());
    const results = await program.run({
      feeds: { ...this.feeds, ...this.additions(nothing) },
      stores: [model.store],
      fetch: layers.flatMap((layer) => [`outputs${layer}`, `gradient${layer}`]),
      signal: this.signal,
    });
    return Promise.all(
      this.dictionaries.map(async ({ layer, dictionary }) => {
        const own = await withCodes(results[`outputs${layer}`] as FloatTensor, dictionary);
        return { ...own, gradient: results[`gradient${layer}`] as FloatTensor };
      }),
    );
  }

  /**
   * The contrast of each pair, in nats, under a model whose chosen features have the other model's
   * activations at every position: x + dose * sum of (f_i(other) - f_i(x)) d_i, with errors also
   * + e(other) - e(x). x is the MLP output after exchanges in lower layers.
   * @param other the other model's values on the same texts
   */
  async contrast(model: EngineModel, other: readonly LayerOutputs[], exchange: Exchange): Promise<Float64Array> {
    const edits = exchangeEdits(this.dictionaries, exchange);
    const placed = placeEdits(edits, this.config);
    const layers = this.layers();
    const key = `exchange ${editsKey(placed)}`;
    const program = await model.program(key, () => exchangeGraph(model, placed, layers, false));
    const added = exchangeAddends(this.dictionaries, other, exchange);
    const results = await program.run({
      feeds: { ...this.feeds, ...editFeeds(edits), ...this.additions(added) },
      stores: [model.store],
      fetch: ["weighted"],
      signal: this.signal,
    });
    const weighted = results.weighted.data as Float32Array;
    const result = new Float64Array(this.pairs.length);
    const length = this.length;
    // Rows 2 i and 2 i + 1 of the batch are the texts of pair i.
    const rows = this.feeds.rows.data as BigInt64Array;
    for (const [i, value] of weighted.entries()) result[Math.floor(Number(rows[i]) / (2 * length))] += value;
    return result;
  }

  private layers(): number[] {
    return this.dictionaries.map(({ layer }) => layer);
  }

  private get length(): number {
    return this.feeds.ids.dims[1];
  }

  private zeros(): Float32Array {
    return new Float32Array(2 * this.pairs.length * this.length * this.config.dModel);
  }

  private additions(values: readonly Float32Array[]): Record<string, FloatTensor> {
    return additions(this.dictionaries, values, [2 * this.pairs.length, this.length]);
  }
}
