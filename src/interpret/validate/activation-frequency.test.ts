import { describe, expect, it } from "vitest";
import { fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { Rng } from "../../rng.js";
import type { LinearProbe } from "../probe/probe.js";
import { lexiconOccurrences, lexiconPositions } from "../probe/rebuilt-lexicon.js";
import { WordTokens } from "../words/word-tokens.js";
import { activationFrequency } from "./activation-frequency.js";

const tokenizer = fakeTokenizer([" film", " good", " bad", "ly"]);
const words = new WordTokens(
  tokenizer.tokenText,
  new Map([
    ["good", 2],
    ["bad", -2],
  ]),
);
const texts = [" film good", " good bad", " film badly", " good film"].map((text) => tokenizer.encode(text));

/** Two layers of two features: (good, always), (bad, second position). */
async function* stream() {
  for (const [text, tokens] of texts.entries()) {
    const is = (name: string, t: number) => (tokenizer.tokenText(tokens[t]) === name ? 1 : 0);
    yield {
      text,
      tokens,
      codes: [
        Float32Array.from(tokens.flatMap((_, t) => [is(" good", t), 0.5])),
        Float32Array.from(tokens.flatMap((_, t) => [is(" bad", t), t === 1 ? 1 : 0])),
      ],
    };
  }
}

function probe(weightOfGood: number): LinearProbe {
  const coefficients = [
    { layer: 2, values: Float32Array.from([weightOfGood, 0]) },
    { layer: 5, values: Float32Array.from([-1, 0.25]) },
  ];
  return { coefficients, intercept: 0, labelScale: 1, labelOffset: 0 };
}

const related = [{ layer: 2, features: [0] }];

describe("activationFrequency", () => {
  it("counts features where R predicts more than 3", async () => {
    const result = await activationFrequency(stream(), { probe: probe(4), related, words, rng: Rng.fromSeed(1) });
    // Lexicon positions: " good" three times, " bad" once; "badly" is no lexicon word.
    expect(result).toMatchObject({
      positions: 4,
      threshold: 3,
      criterion: "above the threshold",
      shareAbove: 0.75,
      highPositions: 3,
    });
    expect(result.related).toMatchObject({ value: 1, low: 1, high: 1, n: 3, unit: "text" });
    // Of 4 features on 3 positions: good 3, always 3, bad 0, second position 1.
    expect(result.average.value).toBeCloseTo(7 / 12, 12);
    // The only other feature of layer 2 is always active.
    expect(result.matchedFrequency.value).toBe(1);
  });

  it("falls back on the top decile and says so", async () => {
    const options = { related: [], words, rng: Rng.fromSeed(1) };
    const result = await activationFrequency(stream(), { ...options, probe: probe(2) });
    // The highest of four: text 0, where " good" is second.
    expect(result).toMatchObject({ threshold: 2.25, criterion: "top decile", shareAbove: 0, highPositions: 1 });
    expect(result.average.value).toBe(0.75);
    expect(result.related).toEqual({ value: 0, low: 0, high: 0, n: 0, unit: "text" });
    // At a lower threshold two of the four count as high.
    const lower = await activationFrequency(stream(), { ...options, probe: probe(2), threshold: 1.5 });
    expect(lower).toMatchObject({ threshold: 1.5, criterion: "above the threshold" });
    expect(lower.highPositions).toBeGreaterThan(1);
    const everywhere = await activationFrequency(stream(), { ...options, probe: probe(2), at: "everyToken" });
    expect(everywhere.positions).toBe(9);
  });
});

describe("lexiconOccurrences", () => {
  it("averages the codes of whole lexicon words", async () => {
    async function* atWords() {
      for await (const { codes, ...text } of stream()) {
        const positions = lexiconPositions(text.tokens, words);
        const read = codes.map((layer) =>
          Float32Array.from(positions.flatMap((t) => [...layer.slice(2 * t, 2 * t + 2)])),
        );
        yield { ...text, positions, codes: read };
      }
    }
    const found = await lexiconOccurrences(atWords(), words);
    expect(found.map(({ word, count }) => [word, count])).toEqual([
      ["bad", 1],
      ["good", 3],
    ]);
    for (const [i, expected] of [1, 0.5, 0, 1 / 3].entries()) expect(found[1].meanCodes[i]).toBeCloseTo(expected, 12);
  });
});
