import { describe, expect, it } from "vitest";
import { type CodeOf, evidenceOf } from "../../../test/support/evidence.js";
import { Rng } from "../../rng.js";
import { EXCERPT_TOKENS, type Excerpt } from "../evidence/excerpts.js";
import type { Explainer, Explanation } from "../explain/explainer.js";
import { summariseDetection } from "./balanced-accuracy.js";
import { scoreDetection } from "./detection.js";

/** Predicts by the tokens that the explanation names; counts its calls. */
function namedTokens(asked: Excerpt[][] = []): Explainer {
  return {
    name: "named tokens",
    criterion: "none",
    topics: [],
    explain: () => Promise.reject(new Error("not asked for")),
    classify: () => Promise.reject(new Error("not asked for")),
    fuzz: () => Promise.reject(new Error("not asked for")),
    simulate: () => Promise.reject(new Error("not asked for")),
    async detect({ explanation }, excerpts) {
      asked.push([...excerpts]);
      const named = explanation.split(" ").map(Number);
      return excerpts.map(({ tokens }) => tokens.some((token) => named.includes(token)));
    },
  };
}

const named = (...tokens: number[]): Explanation => ({ explanation: tokens.join(" ") });
const fires: (...tokens: number[]) => CodeOf =
  (...tokens) =>
  (token) =>
    tokens.includes(token) ? token : 0;

/**
 * 80 texts of 33 tokens: each of their four excerpts has one of the tokens 1 to 4, or none, among
 * zeros; the last token, 1, is left over.
 */
function texts(): number[][] {
  return Array.from({ length: 80 }, (_, text) =>
    Array.from({ length: 4 * EXCERPT_TOKENS + 1 }, (_, t) =>
      t === 4 * EXCERPT_TOKENS ? 1 : t % EXCERPT_TOKENS === 3 ? (text + Math.floor(t / EXCERPT_TOKENS)) % 5 : 0,
    ),
  );
}

describe("scoreDetection", () => {
  const options = { rng: Rng.fromSeed(4), resamples: 200 };

  it("is exact for explanations that are right, wrong, and half right", async () => {
    const evidence = await evidenceOf(texts(), [fires(1, 2), fires(1, 2), fires(1), fires(1, 2)]);
    const scores = await scoreDetection(evidence, [named(1, 2), named(3, 4), named(1, 2, 3, 4), named()], {
      ...options,
      explainer: namedTokens(),
    });
    expect(scores.map((score) => [score?.positives, score?.negatives])).toEqual(Array(4).fill([50, 50]));
    expect(scores[0]?.balancedAccuracy).toMatchObject({ value: 1, low: 1, high: 1, unit: "text" });
    // Never correct for active excerpts; of the inactive ones, two kinds of three are predicted as
    // active.
    const { value: wrong, low, high } = scores[1]!.balancedAccuracy;
    expect(wrong).toBeGreaterThan(0.08);
    expect(wrong).toBeLessThan(0.25);
    expect(low).toBeLessThan(wrong);
    expect(high).toBeGreaterThan(wrong);
    // All active excerpts are found; of four inactive kinds only the one without a token is
    // recognised.
    expect(scores[2]?.balancedAccuracy.value).toBeGreaterThan(0.55);
    expect(scores[2]?.balancedAccuracy.value).toBeLessThan(0.7);
    // An empty explanation has exactly the score of chance.
    expect(scores[3]?.balancedAccuracy).toMatchObject({ value: 0.5, low: 0.5, high: 0.5 });
  });

  it("asks about the same excerpts with another explanation of the layer, which is worth nothing on average", async () => {
    const asked: Excerpt[][] = [];
    const rng = Rng.fromSeed(12);
    const random = Array.from({ length: 120 }, () =>
      Array.from({ length: 6 * EXCERPT_TOKENS }, () => rng.integer(240)),
    );
    const own = Array.from({ length: 40 }, (_, i) => Array.from({ length: 6 }, (_, k) => 6 * i + k));
    const evidence = await evidenceOf(
      random,
      own.map((tokens) => fires(...tokens.map((token) => token || 240))),
    );
    const scores = await scoreDetection(
      evidence,
      own.map((tokens) => named(...tokens.map((token) => token || 240))),
      { ...options, explainer: namedTokens(asked) },
    );
    const { balancedAccuracy, control, difference, ...counts } = summariseDetection(scores, options);
    expect(counts).toEqual({ explained: 40, scored: 40 });
    expect(balancedAccuracy).toMatchObject({ value: 1, n: 40, unit: "feature" });
    expect(control.value).toBeGreaterThan(0.48);
    expect(control.value).toBeLessThan(0.52);
    expect(control.low).toBeLessThan(0.5);
    expect(control.high).toBeGreaterThan(0.5);
    expect(difference.value).toBeCloseTo(1 - control.value, 12);
    expect(asked.length).toBe(80);
    for (let i = 0; i < asked.length; i += 2) expect(asked[i]).toEqual(asked[i + 1]);
  });

  it("draws weak activations as often as strong ones, from whole excerpts", async () => {
    const asked: Excerpt[][] = [];
    // 100 active excerpts with activations 1 to 100, and as many inactive ones.
    const graded = Array.from({ length: 100 }, (_, text) =>
      Array.from({ length: 2 * EXCERPT_TOKENS }, (_, t) => (t === 5 ? text + 1 : 0)),
    );
    await scoreDetection(await evidenceOf(graded, [(token) => token]), [named(1)], {
      ...options,
      explainer: namedTokens(asked),
    });
    const [excerpts] = asked;
    expect(excerpts.every(({ tokens }) => tokens.length === EXCERPT_TOKENS)).toBe(true);
    const codes = excerpts.slice(0, 50).map(({ tokens }) => Math.max(...tokens));
    const perTenth = Array.from(
      { length: 10 },
      (_, k) => codes.filter((code) => Math.ceil(code / 10) === k + 1).length,
    );
    expect(perTenth).toEqual(Array(10).fill(5));
    expect(new Set(codes).size).toBe(50);
    expect(excerpts.slice(50).every(({ start }) => start === EXCERPT_TOKENS)).toBe(true);
  });

  it("scores no feature that fires, or is silent, on fewer than ten excerpts, and controls none that is alone", async () => {
    const layer = await evidenceOf(texts(), [() => 1, () => 0]);
    const explanations = [named(1), named(1)];
    const scores = await scoreDetection(layer, explanations, { ...options, explainer: namedTokens() });
    expect(scores).toEqual([undefined, undefined]);
    expect(summariseDetection(scores, options)).toMatchObject({ explained: 2, scored: 0, balancedAccuracy: { n: 0 } });
    const alone = await evidenceOf(texts(), [fires(1)]);
    const [score] = await scoreDetection(alone, [named(1)], { ...options, explainer: namedTokens() });
    expect(score?.control).toBeUndefined();
    expect(score?.balancedAccuracy.value).toBe(1);
  });
});
