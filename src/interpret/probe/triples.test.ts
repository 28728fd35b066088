import { describe, expect, it } from "vitest";
import { fakeModel, fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { Rng } from "../../rng.js";
import { WordClasses } from "../words/word-classes.js";
import { WordTokens } from "../words/word-tokens.js";
import { buildTriples, type TriplesOptions } from "./triples.js";

/**
 * Adjectives precede " film", adverbs " made"; 40 of each sign and kind, and neutral
 * ones of each.
 */
function names(stem: string, n: number): string[] {
  return Array.from({ length: n }, (_, i) => ` ${stem}${String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26))}`);
}
const adjectives = { positive: names("fine", 90), negative: names("grim", 110), neutral: names("plain", 90) };
const adverbs = { positive: names("well", 30), negative: names("ill", 30), neutral: names("slow", 30) };
const VOCABULARY = [
  "It",
  " was",
  " a",
  " film",
  " made",
  ".",
  ...Object.values(adjectives).flat(),
  ...Object.values(adverbs).flat(),
];
const tokenizer = fakeTokenizer(VOCABULARY);
const lexicon = new Map<string, number>();
for (const kind of [adjectives, adverbs]) {
  for (const text of kind.positive) lexicon.set(text.trim(), 2);
  for (const text of kind.negative) lexicon.set(text.trim(), -2);
}

function corpus(n: number): number[][] {
  const rng = Rng.fromSeed(21);
  return Array.from({ length: n }, () => {
    const pick = (words: string[]) => words[rng.integer(words.length)];
    const sign = (["negative", "neutral", "positive"] as const)[rng.integer(3)];
    const first = `It was a${pick(adjectives.neutral)} film.`;
    const rest = rng.uniform() < 0.8 ? `It was a${pick(adjectives[sign])} film.` : `It was${pick(adverbs[sign])} made.`;
    return tokenizer.encode(first + rest);
  });
}

/** Prefers low token ids, so that sampling without caps would draw few words. */
const model = fakeModel({
  vocabSize: VOCABULARY.length,
  dModel: 1,
  nextLogits: () => VOCABULARY.map((_, id) => -id / 4),
});

function options(overrides: Partial<TriplesOptions> = {}): TriplesOptions {
  return {
    model,
    tokenizer,
    lexicon,
    texts: corpus(4000),
    count: 6602,
    batchSize: 64,
    rng: Rng.fromSeed(1),
    ...overrides,
  };
}

describe("WordClasses", () => {
  it("finds the words that stand where the word stands", () => {
    const classes = new WordClasses(corpus(4000), new WordTokens(tokenizer.tokenText, lexicon));
    const ids = (words: string[]) => words.map((text) => tokenizer.tokenId(text)!);
    const negatives = [...ids(adjectives.negative), ...ids(adverbs.negative)].filter((id) => classes.has(id));
    const ofAdverb = classes.mostSimilar(tokenizer.tokenId(adverbs.positive[0])!, negatives, 10);
    expect(ofAdverb.every((id) => ids(adverbs.negative).includes(id))).toBe(true);
    const ofAdjective = classes.mostSimilar(tokenizer.tokenId(adjectives.positive[3])!, negatives, 10);
    expect(ofAdjective.every((id) => ids(adjectives.negative).includes(id))).toBe(true);
  });
});

describe("buildTriples", () => {
  it("replaces the first positive word by words of its class, none of them too often", async () => {
    const texts = corpus(4000);
    const { triples, summary } = await buildTriples(options({ texts }));
    expect(summary.triples).toBe(triples.length);
    expect(triples.length).toBeGreaterThan(900);
    for (const { text, context, positive, neutral, negative } of triples) {
      expect(texts[text].slice(0, context.length + 1)).toEqual([...context, positive.token]);
      expect(lexicon.get(positive.word)).toBe(2);
      expect(lexicon.get(negative.word)).toBe(-2);
      expect(lexicon.has(neutral.word)).toBe(false);
      expect(tokenizer.tokenText(negative.token)).toBe(` ${negative.word}`);
    }
    const shareOf = (role: "positive" | "neutral" | "negative") => {
      const counts = new Map<string, number>();
      for (const triple of triples) counts.set(triple[role].word, (counts.get(triple[role].word) ?? 0) + 1);
      return Math.max(...counts.values()) / triples.length;
    };
    expect(shareOf("positive")).toBeLessThanOrEqual(0.02);
    expect(shareOf("neutral")).toBe(summary.largestNeutralShare);
    expect(shareOf("negative")).toBe(summary.largestNegativeShare);
    expect(Math.max(summary.largestNegativeShare, summary.largestNeutralShare)).toBeLessThanOrEqual(0.02);
    expect(summary.distinctNegatives).toBeGreaterThanOrEqual(100);
    expect(summary.samples[0].context).toMatch(/^It was a plain.. film\.It was( a)?$/);
  });

  it("gives the same triples for the same stream, whatever the batch size, and no more than asked for", async () => {
    const first = await buildTriples(options({ count: 120 }));
    expect(first.triples).toHaveLength(120);
    expect(await buildTriples(options({ count: 120, batchSize: 7 }))).toEqual(first);
    expect(await buildTriples(options({ count: 120, rng: Rng.fromSeed(2) }))).not.toEqual(first);
  });

  it("leaves texts out whose first positive word is no single token or comes too early", async () => {
    const filler = corpus(4000).filter((text) => !tokenizer.decode(text).match(/ (fine|well)/));
    const early = tokenizer.encode(`It was${adverbs.positive[0]} made.It was${adverbs.positive[0]} made.`);
    await expect(buildTriples(options({ texts: [...filler, ...Array(10).fill(early)] }))).rejects.toThrow(
      "0 contain a usable positive word",
    );
  });
});
