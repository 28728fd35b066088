import { describe, expect, it } from "vitest";
import { evidenceOf } from "../../../test/support/evidence.js";
import { Rng } from "../../rng.js";
import { sentimentAssociation } from "./sentiment-association.js";

/**
 * 200 texts of 12 tokens; each token is its valence plus 4: mostly 4 (none), a sixth of them 1 (-3)
 * or 6 (+2).
 */
function corpus(): number[][] {
  const rng = Rng.fromSeed(5);
  return Array.from({ length: 200 }, () =>
    Array.from({ length: 12 }, () => [6, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4][rng.integer(12)]),
  );
}

describe("sentimentAssociation", () => {
  it("finds what follows the valence or its size, and nothing else", async () => {
    const texts = corpus();
    const noise = Rng.fromSeed(9);
    const features = await evidenceOf(texts, [
      (token) => (token === 6 ? 1 : 0),
      (token) => (token === 1 ? 2 : 0),
      (token) => (token === 4 ? 0 : 1),
      (token) => (token === 4 ? 1 : 0),
      () => (noise.uniform() < 0.3 ? noise.uniform() : 0),
      (_, t) => (t === 0 ? 1 : 0),
    ]);
    const results = await sentimentAssociation(features, {
      valences: Float32Array.from(texts.flat(), (token) => token - 4),
      permutations: 199,
      rng: Rng.fromSeed(1),
      excluded: features.map(() => new Set()),
    });
    const [positive, negative, either, avoiding, random, first] = results;
    expect(positive.pValue).toBe(1 / 200);
    expect(positive.association).toBeGreaterThan(0.4);
    expect(positive.positiveShare).toBe(1);
    expect(negative.positiveShare).toBe(0);
    expect(negative.association).toBeLessThan(-0.4);
    expect(negative.pValue).toBe(1 / 200);
    expect(either.pValue).toBe(1 / 200);
    expect(either.association).toBeGreaterThan(0.9);
    // Activity at every token outside the lexicon is not an association with sentiment.
    expect(avoiding.pValue).toBeGreaterThan(0.5);
    expect(random.pValue).toBeGreaterThan(0.05);
    // Positions are kept, so a feature of the first token sees the same first tokens under every
    // permutation.
    expect(first.pValue).toBe(1);
  });

  it("leaves the excluded texts out", async () => {
    const texts = [
      [6, 4],
      [4, 4],
      [4, 4],
      [4, 4],
    ];
    const features = await evidenceOf(texts, [(token) => (token === 6 ? 1 : 0)]);
    const options = { valences: Float32Array.from(texts.flat(), (token) => token - 4), permutations: 99 };
    const test = (excluded: number[]) =>
      sentimentAssociation(features, { ...options, rng: Rng.fromSeed(1), excluded: [new Set(excluded)] });
    // A quarter of the permutations leave the only sentiment word in its place.
    expect((await test([]))[0].pValue).toBeGreaterThan(0.15);
    expect((await test([]))[0].pValue).toBeLessThan(0.35);
    expect((await test([0]))[0].pValue).toBe(1);
  });

  it("holds its level: p-values of unrelated features are uniform", async () => {
    const texts = corpus().map((tokens, i) => tokens.slice(0, 4 + (i % 9)));
    const noise = Rng.fromSeed(11);
    const unrelated = Array.from({ length: 200 }, () => () => (noise.uniform() < 0.2 ? noise.uniform() : 0));
    const results = await sentimentAssociation(await evidenceOf(texts, unrelated), {
      valences: Float32Array.from(texts.flat(), (token) => token - 4),
      permutations: 199,
      rng: Rng.fromSeed(2),
      excluded: unrelated.map(() => new Set()),
    });
    const below = results.filter(({ pValue }) => pValue <= 0.1).length;
    // 20 expected, standard deviation 4.2.
    expect(below).toBeGreaterThan(7);
    expect(below).toBeLessThan(33);
  });
});
