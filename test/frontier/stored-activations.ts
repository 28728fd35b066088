/** MLP outputs of one layer, read once and kept in a file, so that every training has the same and needs no model. */
import { existsSync } from "node:fs";
import { openSafetensors, writeSafetensors } from "../../src/io/safetensors.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { mlpHookPoint } from "../../src/model/language-model.js";
import { Rng } from "../../src/rng.js";
import type { FloatTensor } from "../../src/runtime/tensor.js";
import type { ActivationBatch, ActivationStream } from "../../src/sae/index.js";

const TEXTS_PER_PASS = 32;

export interface StoredActivations {
  /** Has them as the tensor `x`. */
  readonly file: string;
  readonly layer: number;
  /** [tokens, dModel] */
  readonly x: FloatTensor;
  /** The row at which each text begins, and the number of rows at the end. */
  readonly edges: readonly number[];
}

/** Reads the texts in their order, or the file if there is one. */
export async function storedActivations(
  file: string,
  model: CausalLm,
  layer: number,
  texts: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<StoredActivations> {
  const edges = [0];
  for (const { length } of texts) edges.push(edges[edges.length - 1] + length);
  if (!existsSync(file)) {
    const width = model.config.dModel;
    const data = new Float32Array(edges[texts.length] * width);
    const hook = mlpHookPoint(layer);
    for (let start = 0; start < texts.length; start += TEXTS_PER_PASS) {
      const inputIds = texts.slice(start, start + TEXTS_PER_PASS);
      const { hooks } = await model.forward({ inputIds }, { hooks: [hook], logits: "none", signal });
      const { dims, data: padded } = hooks[hook];
      // Padding is on the left.
      inputIds.forEach(({ length }, row) => {
        const end = (row + 1) * dims[1] * width;
        data.set(padded.subarray(end - length * width, end), edges[start + row] * width);
      });
    }
    await writeSafetensors(file, { x: { dims: [edges[texts.length], width], data } });
  }
  const opened = await openSafetensors(file);
  const x = await opened.read("x");
  await opened.close();
  return { file, layer, x, edges };
}

/** Batches of whole texts, in an order that is drawn anew for each pass, of at least `visits` tokens. */
export function textStream(
  { layer, x, edges }: StoredActivations,
  batchTexts: number,
  visits: number,
  rng: Rng,
): ActivationStream {
  const state = rng.state();
  const [, width] = x.dims;
  const orders: number[][] = [];
  const order = Rng.restore(state);
  for (let seen = 0; seen < visits; ) {
    const texts = order.permutation(edges.length - 1);
    for (let start = 0; start < texts.length; start += batchTexts) orders.push(texts.slice(start, start + batchTexts));
    seen += x.dims[0];
  }
  const tokensOf = (batch: readonly number[]) => batch.reduce((sum, text) => sum + edges[text + 1] - edges[text], 0);
  async function* after(count: number): AsyncGenerator<ActivationBatch> {
    for (const batch of orders.slice(count)) {
      const data = new Float32Array(tokensOf(batch) * width);
      let at = 0;
      for (const text of batch) {
        data.set(x.data.subarray(edges[text] * width, edges[text + 1] * width), at);
        at += (edges[text + 1] - edges[text]) * width;
      }
      yield { texts: [], activations: new Map([[layer, { dims: [data.length / width, width], data }]]) };
    }
  }
  return {
    batchCount: orders.length,
    batchTokens: () => orders.map(tokensOf),
    after,
    [Symbol.asyncIterator]: () => after(0),
  };
}
