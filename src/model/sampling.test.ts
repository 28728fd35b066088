import { afterAll, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { Graph } from "../graph/builder.js";
import { Rng } from "../rng.js";
import { Engine } from "../runtime/engine.js";
import { blockCount, pickToken, sampleInGraph } from "./sampling.js";

const engine = new Engine();
afterAll(() => engine.close());

/** One token for every uniform number, all from the same logits. */
async function sample(logits: readonly number[], temperature: number, uniforms: readonly number[]): Promise<number[]> {
  const vocab = logits.length;
  const g = new Graph("sampling");
  const uniform = g.input("uniforms", ["batch", 1]);
  const table = g.add(g.input("logits", [vocab]), g.scale(uniform, 0));
  const token = sampleInGraph(g, table, g.input("temperature", []), uniform, g.input("rowOffsets", ["batch"]));
  g.output("tokens", token);
  const batch = uniforms.length;
  const { tokens } = await (await engine.load(g)).run({
    feeds: {
      logits: { dims: [vocab], data: Float32Array.from(logits) },
      temperature: { dims: [], data: Float32Array.of(temperature) },
      uniforms: { dims: [batch, 1], data: Float32Array.from(uniforms) },
      rowOffsets: { dims: [batch], data: Float32Array.from({ length: batch }, (_, row) => row * blockCount(vocab)) },
    },
    fetch: ["tokens"],
  });
  return Array.from(tokens.data as BigInt64Array, Number);
}

/**
 * Evenly spread over [0, 1): the count of each token then matches its probability up to one or
 * two.
 */
const spread = (n: number): number[] => Array.from({ length: n }, (_, i) => (i + 0.5) / n);

function countTokens(tokens: readonly number[], vocab: number): number[] {
  const counts = new Array<number>(vocab).fill(0);
  for (const token of tokens) counts[token]++;
  return counts;
}

function softmax(logits: readonly number[], temperature: number): number[] {
  const weights = logits.map((logit) => Math.exp(logit / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

// Fewer than a block of 128, exactly one, exactly two, and a third that is not full.
test.each([5, 128, 256, 300])("in the graph, %i tokens come up as often as their probability says", async (vocab) => {
  const rng = Rng.fromSeed(1, "logits");
  const logits = Array.from({ length: vocab }, () => 2 * rng.normal());
  const n = 5000;
  for (const temperature of [1, 0.5, 3]) {
    const counts = countTokens(await sample(logits, temperature, spread(n)), vocab);
    for (const [token, probability] of softmax(logits, temperature).entries())
      expect(Math.abs(counts[token] - n * probability), `token ${token} at temperature ${temperature}`).toBeLessThan(2);
  }
});

test("in the graph, tokens follow each other in the order of their ids as the uniform number grows", async () => {
  const tokens = await sample([0, Math.log(2), 0], 1, [0, 0.24, 0.26, 0.74, 0.76, 1 - 2 ** -24]);
  expect(tokens).toEqual([0, 0, 1, 1, 2, 2]);
});

test("in the graph, a certain token is always taken, the last one of a block and the first of the next", async () => {
  for (const certain of [0, 127, 128, 299]) {
    const logits = Array.from({ length: 300 }, (_, token) => (token === certain ? 200 : 0));
    expect(new Set(await sample(logits, 1, spread(50)))).toEqual(new Set([certain]));
  }
});

test("in the graph, no rounding at the end of a block or of the vocabulary gives a token without probability", async () => {
  const rng = Rng.fromSeed(3, "rounding");
  const vocab = 8192;
  const impossible = (token: number): boolean => token % 128 === 0 || token % 128 === 127 || token >= vocab - 200;
  const logits = Array.from({ length: vocab }, (_, token) => (impossible(token) ? -200 : 2 * rng.normal()));
  // Around the ends of blocks, within the error of single-precision sums; and up to 1.
  const uniforms = Array.from({ length: 8 }, (_, k) => 1 - k * 2 ** -25);
  let mass = 0;
  for (const [token, probability] of softmax(logits, 1).entries()) {
    mass += probability;
    if (token % 256 === 127) uniforms.push(...Array.from({ length: 31 }, (_, k) => mass + (k - 15) * 2 ** -24));
  }
  const tokens = await sample(logits, 1, uniforms);
  expect(tokens.filter(impossible)).toEqual([]);
});

test("the graph and pickToken draw from the same distribution (chi-square of 11 degrees, 0.1 %)", async () => {
  const rng = Rng.fromSeed(2, "distribution");
  const logits = Array.from({ length: 12 }, () => rng.normal());
  const n = 4000;
  const inGraph = countTokens(
    await sample(
      logits,
      0.8,
      Array.from({ length: n }, () => rng.uniform()),
    ),
    12,
  );
  const picked = Array.from({ length: n }, () =>
    pickToken(Float32Array.from(logits), { temperature: 0.8, topK: 12, topP: 1, uniform: rng.uniform() }),
  );
  for (const counts of [inGraph, countTokens(picked, 12)]) {
    const terms = softmax(logits, 0.8).map((p, token) => (counts[token] - n * p) ** 2 / (n * p));
    expect(terms.reduce((sum, term) => sum + term, 0)).toBeLessThan(31.3);
  }
});

const even = Float32Array.of(Math.log(0.1), Math.log(0.4), Math.log(0.3), Math.log(0.2));
const picks = (options: { temperature?: number; topK?: number; topP?: number }, n = 1000): number[] =>
  countTokens(
    spread(n).map((uniform) => pickToken(even, { temperature: 1, topK: 0, topP: 1, ...options, uniform })),
    4,
  );

test("pickToken: all tokens, the k likeliest, or the smallest set that reaches p", () => {
  expectClose(picks({}), [100, 400, 300, 200], 0.02);
  expectClose(picks({ topK: 2 }), [0, 1000 * (4 / 7), 1000 * (3 / 7), 0], 0.01);
  expect(picks({ topK: 1 })).toEqual([0, 1000, 0, 0]);
  expect(picks({ topK: 99 })).toEqual(picks({}));
  expectClose(picks({ topP: 0.65 }), [0, 1000 * (4 / 7), 1000 * (3 / 7), 0], 0.01);
  expectClose(picks({ topP: 0.75 }), [0, 1000 * (4 / 9), 1000 * (3 / 9), 1000 * (2 / 9)], 0.01);
  expect(picks({ topP: 0.01 })).toEqual([0, 1000, 0, 0]);
  // Top-p is applied to the distribution after top-k: 4/7 reaches 0.55.
  expect(picks({ topK: 2, topP: 0.55 })).toEqual([0, 1000, 0, 0]);
  // Temperature 1/2 squares the probabilities: 1, 16, 9, 4 of 30.
  expectClose(picks({ temperature: 0.5 }), [1000 / 30, 16000 / 30, 9000 / 30, 4000 / 30], 0.05);
});

test("pickToken: greedy takes the first of the likeliest", () => {
  const logits = Float32Array.of(1, 3, 3, 2);
  expect(pickToken(logits, { temperature: 0, topK: 0, topP: 1, uniform: 0.99 })).toBe(1);
  expect(pickToken(logits, { temperature: 1, topK: 1, topP: 1, uniform: 0.99 })).toBe(1);
});

test("pickToken: equals come in the order of their ids, and the kept tokens are those of a whole sort", () => {
  const rng = Rng.fromSeed(5, "logits");
  for (const vocab of [1, 2, 7, 300]) {
    // Few distinct values: many ties.
    const logits = Float32Array.from({ length: vocab }, () => Math.floor(4 * rng.uniform()));
    const sorted = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
    for (const k of [1, 2, 5, 299, 400]) {
      const last = pickToken(logits, { temperature: 2, topK: k, topP: 1, uniform: 1 - 2 ** -53 });
      expect(last, `the last of ${k} in ${vocab}`).toBe(sorted[Math.min(k, vocab) - 1]);
    }
  }
});
