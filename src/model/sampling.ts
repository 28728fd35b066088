/**
 * Chooses the next token: in the graph for sampling from the whole vocabulary, in JavaScript for
 * greedy, top-k and top-p.
 */
import type { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";

/**
 * Probabilities are summed in blocks of this size, so that only one block of the vocabulary is
 * searched token by token.
 */
const BLOCK = 128;

/** How a token is chosen. */
export interface Choice {
  readonly temperature: number;
  /** 0: no limit. */
  readonly topK: number;
  /** 1: no limit. */
  readonly topP: number;
  /** In [0, 1). */
  readonly uniform: number;
}

/** Number of blocks of a vocabulary. */
export function blockCount(vocabSize: number): number {
  return Math.ceil(vocabSize / BLOCK);
}

/**
 * One token per row by inverting the cumulative distribution at a uniform number.
 * @param logits     [batch, vocab]
 * @param temperature scalar input
 * @param uniforms   [batch, 1] in [0, 1)
 * @param rowOffsets [batch], row times blockCount(vocab)
 * @returns int64 [batch]
 */
export function sampleInGraph(g: Graph, logits: Value, temperature: Value, uniforms: Value, rowOffsets: Value): Value {
  const [batch, vocab] = logits.dims as [string, number];
  const blocks = blockCount(vocab);
  const probabilities = g.softmax(g.div(logits, temperature));
  const padded = blocks * BLOCK === vocab ? probabilities : g.pad(probabilities, 1, 0, blocks * BLOCK - vocab);
  const blocked = g.reshape(padded, [batch, blocks, BLOCK]);
  const sums = g.reduceSum(blocked, [2]);
  const running = g.cumSum(sums, 1);
  // Rounding must not move a target to the end of its range, where the token may have probability
  // 0.
  const below = (total: Value): Value => g.scale(total, 1 - 2 ** -23);
  const all = g.slice(running, 1, blocks - 1, blocks);
  const target = g.min(g.mul(uniforms, all), below(all));
  // A block is before the target if its running sum does not exceed the target.
  const passed = g.not(g.greater(running, target));
  const count = (mask: Value, limit: number): Value =>
    g.min(g.reduceSum(g.cast(mask, "float32"), [1], true), g.scalar(limit - 1));
  const block = count(passed, blocks);
  const rest = g.sub(target, g.reduceMax(g.where(passed, running, g.scalar(0)), [1], true));
  const rows = g.cast(g.add(g.reshape(block, [batch]), rowOffsets), "int64");
  const inBlock = g.gather(g.flatten(blocked), rows);
  const runningInBlock = g.cumSum(inBlock, 1);
  const end = below(g.slice(runningInBlock, 1, BLOCK - 1, BLOCK));
  const within = count(g.not(g.greater(runningInBlock, g.min(rest, end))), BLOCK);
  const token = g.min(g.add(g.scale(block, BLOCK), within), g.scalar(vocab - 1));
  return g.cast(g.reshape(token, [batch]), "int64");
}

/** Whether tokens are drawn from the whole vocabulary, in the order of ids, so that `sampleInGraph` and `pickInOrder` apply. */
export function isWholeVocabulary({ temperature, topK, topP }: Omit<Choice, "uniform">): boolean {
  return temperature > 0 && topK === 0 && topP === 1;
}

/** Inverts the cumulative distribution in the order of ids, as `sampleInGraph`, so that equal random numbers give similar texts. */
export function pickInOrder(
  logits: Float32Array,
  { temperature, uniform }: Pick<Choice, "temperature" | "uniform">,
): number {
  const most = logits.reduce((high, value) => Math.max(high, value), -Infinity);
  const weights = Float64Array.from(logits, (value) => Math.exp((value - most) / temperature));
  let rest = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  let last = 0;
  for (let id = 0; id < weights.length; id++) {
    if (weights[id] === 0) continue;
    last = id;
    rest -= weights[id];
    if (rest < 0) break;
  }
  return last;
}

/**
 * One token from the logits of a row. Temperature 0 chooses the most likely token (the first of
 * equals). Top-k keeps the k most likely tokens, then top-p the smallest set that reaches p
 * (transformers' order).
 */
export function pickToken(logits: Float32Array, { temperature, topK, topP, uniform }: Choice): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  if (temperature === 0) return best;
  const weight = (id: number): number => Math.exp((logits[id] - logits[best]) / temperature);
  const kept: number[] = [];
  const weights: number[] = [];
  const order = likeliestFirst(logits);
  const keep = (): number => {
    kept.push(order.next().value as number);
    weights.push(weight(kept[kept.length - 1]));
    return weights[weights.length - 1];
  };
  const most = topK > 0 ? Math.min(topK, logits.length) : logits.length;
  let total = 0;
  if (topK > 0) while (kept.length < most) total += keep();
  else for (let id = 0; id < logits.length; id++) total += weight(id);
  let count = 0;
  let mass = 0;
  for (; count < most && (count === 0 || mass < topP * total); count++) mass += weights[count] ?? keep();
  let rest = uniform * mass;
  for (let i = 0; i < count; i++) {
    rest -= weights[i];
    if (rest < 0) return kept[i];
  }
  return kept[count - 1];
}

/**
 * Ids by descending logit, equal ones in order, from a heap: mostly few are requested, and sorting
 * the whole vocabulary would be slow.
 */
function* likeliestFirst(logits: Float32Array): Generator<number, void> {
  const heap = Int32Array.from(logits.keys());
  const before = (a: number, b: number): boolean => logits[a] > logits[b] || (logits[a] === logits[b] && a < b);
  const sink = (id: number, from: number, size: number): void => {
    let at = from;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], id)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = id;
  };
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap[at], at, heap.length);
  for (let size = heap.length - 1; size >= 0; size--) {
    yield heap[0];
    if (size > 0) sink(heap[size], 0, size);
  }
}
