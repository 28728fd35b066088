import { describe, expect, it } from "vitest";
import { type CodeOf, evidenceOf } from "../../../../test/support/evidence.js";
import { fakeTokenizer } from "../../../../test/support/fake-language-model.js";
import { Rng } from "../../../rng.js";
import { WordTokens } from "../../words/word-tokens.js";
import { CorpusIndex } from "./corpus-index.js";
import { fitLevels } from "./fit-levels.js";
import { OtherPlaces } from "./other-places.js";
import { predictedLevels, predictedPlaces } from "./pattern.js";
import { explanationOf } from "./pattern-name.js";

const vocabulary = [" great", " film", " road", " tree", " nine", " and", " or", ".", " 7", " 8"];
const tokenizer = fakeTokenizer(vocabulary);
const words = new WordTokens(tokenizer.tokenText, new Map());
const great = { kind: "words", at: 0, words: ["great"] } as const;
const of = { ...great, words: [...great.words] };

/** 80 texts of 64 random tokens, and a rest of 3 that no stretch contains. */
function texts(): number[][] {
  const rng = Rng.fromSeed(3);
  const common = tokenizer.encode(" and or.").concat(tokenizer.encode(" and or."), tokenizer.encode(" and or."));
  const ids = [...tokenizer.encode(vocabulary.join("")), ...common, ...common, ...common];
  return Array.from({ length: 80 }, () => Array.from({ length: 67 }, () => ids[rng.integer(ids.length)]));
}

async function found(code: CodeOf) {
  const [evidence] = await evidenceOf(texts(), [code]);
  const index = new CorpusIndex(evidence.corpus, words);
  const also = new OtherPlaces(index).of(evidence, of);
  const levels = fitLevels({ of, also }, evidence, index.rows);
  return { of, also, score: 1, covers: 1, breadth: 0.1, levels };
}

const activeAt =
  (levels: Readonly<Record<string, number>>): CodeOf =>
  (token) =>
    levels[tokenizer.tokenText(token)] ?? 0;

describe("OtherPlaces", () => {
  it("adds the words and classes at which a feature is active besides its pattern, the classes first", async () => {
    const pattern = await found(activeAt({ " great": 5, " film": 2, " road": 1, " 7": 1, " 8": 1 }));
    expect(pattern.also).toEqual([
      { kind: "class", at: 0, class: "numbers" },
      { kind: "words", at: 0, words: expect.arrayContaining(["film", "road"]) },
    ]);
    expect(explanationOf(pattern)).toMatch(/^the word "great"; also at numbers, "(film|road)" and "(film|road)"$/);
  });

  it("adds nothing where the pattern tells every stretch, or the rest is noise", async () => {
    expect((await found(activeAt({ " great": 5 }))).also).toEqual([]);
    const noise = Rng.fromSeed(1);
    expect(
      (await found((token) => (tokenizer.tokenText(token) === " great" ? 5 : noise.uniform() < 0.03 ? 1 : 0))).also,
    ).toEqual([]);
  });

  it("adds no words that only stand near places of activation", async () => {
    // " nine" is in the stretches of activation that the pattern misses, and never active itself.
    const tree = tokenizer.encode(" tree")[0];
    const nine = tokenizer.encode(" nine")[0];
    const { also } = await found((token, t, row) => {
      const [start, end] = [t - (t % 8), t - (t % 8) + 8];
      return token === tree && row.slice(start, end).includes(nine) ? 1 : 0;
    });
    expect(also).toEqual([{ kind: "words", at: 0, words: ["tree"] }]);
  });

  it("is part of what the explanation predicts, at its own level", async () => {
    const pattern = await found(activeAt({ " great": 5, " film": 2 }));
    const excerpt = { tokens: tokenizer.encode(" and film or great"), start: 0 };
    expect(predictedPlaces(pattern, excerpt, words)).toEqual([false, true, false, true]);
    expect(predictedLevels(pattern, excerpt, words)).toEqual([0, 4, 0, 10]);
    const { also: _, ...alone } = pattern;
    expect(predictedPlaces(alone, excerpt, words)).toEqual([false, false, false, true]);
  });
});
