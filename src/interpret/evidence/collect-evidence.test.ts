import { describe, expect, it } from "vitest";
import { activationShares, tokenAt } from "./activation-shares.js";
import type { TextCodes } from "./codes.js";
import { collectEvidence } from "./collect-evidence.js";
import { shownRanks, topExamples } from "./top-examples.js";

/** Two layers of two features; the second layer has the given activations, the first none. */
async function* stream(texts: number[][], codes: number[][]): AsyncGenerator<TextCodes> {
  for (const text of texts.keys()) {
    const silent = new Float32Array(texts[text].length * 2);
    const spoken = Float32Array.from(codes[text].flatMap((code) => [7, code]));
    yield { text, tokens: texts[text], codes: [silent, spoken] };
  }
}

const texts = [
  [10, 11, 12],
  [11, 13],
];
const selection = [
  { layer: 1, dSae: 2, features: [0] },
  { layer: 4, dSae: 2, features: [1] },
];

describe("collectEvidence", () => {
  it("counts what chosen features do", async () => {
    const codes = [
      [0, 2, 4],
      [6, 0],
    ];
    const [silent, feature] = await collectEvidence(stream(texts, codes), texts, selection);
    expect(silent).toMatchObject({ layer: 1, feature: 0, density: 0, maxActivation: 0, meanWhenActive: 0 });
    expect(feature).toMatchObject({ layer: 4, feature: 1, density: 0.6, maxActivation: 6, meanWhenActive: 4 });
    const { corpus } = feature;
    expect(activationShares(feature, (position) => tokenAt(corpus, position))).toEqual([
      { key: 11, share: 8 / 12, mean: 4, count: 2 },
      { key: 12, share: 4 / 12, mean: 4, count: 1 },
    ]);
    expect(
      activationShares(feature, (position) => tokenAt(corpus, position, 1)).map(({ key, share }) => [key, share]),
    ).toEqual([
      [-1, 0.5],
      [11, 4 / 12],
      [10, 2 / 12],
    ]);
    expect(topExamples(feature, 20)).toEqual([
      { text: 1, start: 0, peak: 0, tokens: [11, 13], activations: [6, 0] },
      { text: 0, start: 0, peak: 2, tokens: [10, 11, 12], activations: [0, 2, 4] },
    ]);
    expect(topExamples(silent, 20)).toEqual([]);
  });

  it("keeps as many texts as asked for and cuts a window around the peak", async () => {
    const long = Array.from({ length: 25 }, (_, text) => Array.from({ length: 60 }, (_, t) => 100 * text + t));
    const codes = long.map((tokens, text) =>
      tokens.map((_, t) => (t === 30 ? text + 1 : t === 29 || t === 59 ? 0.5 : 0)),
    );
    const [, feature] = await collectEvidence(stream(long, codes), long, selection);
    const examples = topExamples(feature, 20);
    expect(examples.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, rank) => 24 - rank));
    expect(topExamples(feature, 3).map(({ text }) => text)).toEqual([24, 23, 22]);
    const [{ start, tokens, activations }] = examples;
    expect([start, tokens.length, tokens[20], activations[20], activations[19]]).toEqual([10, 32, 2430, 25, 0.5]);
    expect(activations.reduce((sum, code) => sum + code, 0)).toBe(25.5);
  });

  it("shows examples of all ranks, the first always", () => {
    expect([...shownRanks(20, 5)]).toEqual([0, 4, 8, 12, 16]);
    expect([...shownRanks(7, 5)]).toEqual([0, 1, 2, 4, 5]);
    expect([...shownRanks(3, 5)]).toEqual([0, 1, 2]);
    expect([...shownRanks(0, 5)]).toEqual([]);
  });

  it("refuses to look at nothing", async () => {
    await expect(collectEvidence(stream([], []), [], selection)).rejects.toThrow(
      "expected at least one token, received none",
    );
  });
});
