/** Uses of a stream's first tokens: initial directions, and refitted decoders. */
import type { FloatTensor } from "../runtime/tensor.js";
import type { ActivationBatch } from "./activation-stream.js";
import type { Autoencoder } from "./autoencoder.js";
import { DecoderRefit } from "./refit-decoder.js";

/** Layer -> activations [tokens, dIn]. */
export type Points = ReadonlyMap<number, FloatTensor>;

/** The batches of a stream until they have this number of tokens. */
async function* upTo(stream: AsyncIterable<ActivationBatch>, tokens: number): AsyncGenerator<Points> {
  let seen = 0;
  for await (const { activations } of stream) {
    yield activations;
    seen += [...activations.values()][0].dims[0];
    if (seen >= tokens) return;
  }
}

/** The first tokens of a stream: at least this number, or all of a shorter stream. */
export async function firstTokens(stream: AsyncIterable<ActivationBatch>, tokens: number): Promise<Points> {
  const parts = new Map<number, FloatTensor[]>();
  for await (const activations of upTo(stream, tokens))
    for (const [layer, x] of activations) parts.set(layer, [...(parts.get(layer) ?? []), x]);
  return new Map([...parts].map(([layer, batches]) => [layer, joined(batches)]));
}

function joined(batches: readonly FloatTensor[]): FloatTensor {
  const width = batches[0].dims[1];
  const tokens = batches.reduce((sum, { dims }) => sum + dims[0], 0);
  const data = new Float32Array(tokens * width);
  let at = 0;
  for (const batch of batches) {
    data.set(batch.data, at);
    at += batch.data.length;
  }
  return { dims: [tokens, width], data };
}

/**
 * The autoencoders with decoders refitted to the first tokens of a stream: at least this number, or
 * all of a shorter stream.
 * @returns in the order of the autoencoders
 */
export async function refitDecoders(
  stream: AsyncIterable<ActivationBatch>,
  autoencoders: readonly Autoencoder[],
  tokens: number,
): Promise<Autoencoder[]> {
  const refits = autoencoders.map((autoencoder) => new DecoderRefit(autoencoder));
  for await (const activations of upTo(stream, tokens))
    for (const [i, autoencoder] of autoencoders.entries()) {
      const x = activations.get(autoencoder.layer)!;
      refits[i].add(x, await autoencoder.encode(x));
    }
  return autoencoders.map((autoencoder, i) => autoencoder.with(refits[i].refitted()));
}
