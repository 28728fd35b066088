import { describe, expect, it } from "vitest";
import { type CodeOf, evidenceOf } from "../../../../test/support/evidence.js";
import { fakeTokenizer } from "../../../../test/support/fake-language-model.js";
import { Rng } from "../../../rng.js";
import { WordTokens } from "../../words/word-tokens.js";
import { CorpusIndex } from "./corpus-index.js";
import { findPattern } from "./find-pattern.js";
import { fitLevels } from "./fit-levels.js";
import { explanationOf } from "./pattern-name.js";

const nouns = " film| man| dog| house| road| tree| war| army| tank| king| queen| book".split("|");
const verbs = " is| was| were| liked| saw| took| ran| sang".split("|");
const tokenizer = fakeTokenizer([
  ...[" the", " a", " of", " in", " great", " thri", "ller", ".", ",", "\n", " 9", " Anna", " not", " very"],
  ...nouns,
  ...verbs,
]);
const words = new WordTokens(tokenizer.tokenText, new Map([["great", 3.1]]));
const text = (id: number) => tokenizer.tokenText(id);

/** 160 texts of sentences from a small grammar; every tenth text is about war. */
function corpus(): number[][] {
  const rng = Rng.fromSeed(5);
  const one = (list: readonly string[]) => list[rng.integer(list.length)];
  const noun = (war: boolean) =>
    one(war ? [" war", " army", " tank"] : nouns.filter((word) => !/war|army|tank/.test(word)));
  return Array.from({ length: 160 }, (_, i) => {
    const war = i % 10 === 0;
    const sentence = () =>
      `${one([" the", " a", " Anna of the"])}${one(["", " great", " thriller", " 9", " very"])}${noun(war)}${one(verbs)}${one(["", " not"])} in${one([" the", " a"])}${noun(war)}${one([".", ".", ",", "\n"])}`;
    return tokenizer.encode(Array.from({ length: 4 }, sentence).join("").replaceAll(" Anna of the", " Anna of the"));
  });
}

async function names(features: readonly CodeOf[]): Promise<string[]> {
  const evidence = await evidenceOf(corpus(), features);
  const index = new CorpusIndex(evidence[0].corpus, words);
  return evidence.map((one) => {
    const found = findPattern(one, index);
    return found ? explanationOf({ ...found, levels: fitLevels(found, one, index.rows) }) : "none";
  });
}

/** Weak activation everywhere: being active does not distinguish the strongest places. */
const over = (strong: (token: string, before: string, t: number, after: string) => boolean): CodeOf => {
  const noise = Rng.fromSeed(9);
  return (token, t, row) =>
    (strong(text(token), t > 0 ? text(row[t - 1]) : "", t, t + 1 < row.length ? text(row[t + 1]) : "") ? 5 : 0) +
    noise.uniform();
};

describe("findPattern", () => {
  it("names words, forms of a word, classes, pieces, neighbours and positions as a person would", async () => {
    expect(
      await names([
        over((token) => token === " great"),
        over((token) => [" is", " was", " were"].includes(token)),
        over((token) => token === "."),
        over((token) => token === "." || token === "," || token === "\n"),
        over((token) => token === "ller"),
        over((_, before) => before === " Anna"),
        over((_, before) => before === " the"),
        over((_, _before, _t, after) => after === " not"),
        over((_, _before, t) => t === 0),
        over((token) => token === " of" || token === " in"),
      ]),
    ).toEqual([
      'the word "great"',
      'forms of "be" (was, is, were)',
      "full stops",
      "full stops, commas and line breaks",
      'the word "thriller"',
      'the word "of"',
      'the token after "the"',
      'the token before "not"',
      "the first token of a text",
      "prepositions (in, of)",
    ]);
  });

  it("scores by balanced accuracy at the strongest places", async () => {
    // Places beyond 2% of the tokens count as others: those of "great" cost half their share.
    const evidence = await evidenceOf(corpus(), [over((token, _before, t) => token === " great" && t < 12)]);
    const index = new CorpusIndex(evidence[0].corpus, words);
    const tokens = evidence[0].corpus.textOf.length;
    const found = findPattern(evidence[0], index);
    const strong = [...evidence[0].codes].filter((code) => code >= 5).length;
    const great = evidence[0].corpus.texts.flat().filter((id) => text(id) === " great").length;
    expect(found?.of).toEqual({ kind: "words", at: 0, words: ["great"] });
    const kept = Math.min(strong, Math.max(50, Math.ceil(0.02 * tokens)));
    expect(found?.covers).toBe(1);
    expect(found?.breadth).toBeCloseTo(great / tokens, 12);
    expect(found?.score).toBeCloseTo(1 - (great - kept) / (tokens - kept) / 2, 12);
  });

  it("finds a topic in the words around", async () => {
    const evidence = await evidenceOf(corpus(), [
      (_, t, row) => (row.some((id) => text(id) === " war") && t % 5 === 2 ? 4 : 0),
    ]);
    const found = findPattern(evidence[0], new CorpusIndex(evidence[0].corpus, words));
    expect(found?.of.kind).toBe("topic");
    expect(found?.of.kind === "topic" && [...found.of.words].sort()).toEqual(
      ["army", "tank", "war"].filter((word) => word.length > 3),
    );
  });

  it("finds no pattern in noise, in too few places, or in the texts of one kind alone", async () => {
    const rng = Rng.fromSeed(2);
    const noise = Array.from({ length: 12 }, (): CodeOf => () => (rng.uniform() < 0.2 ? rng.uniform() : 0));
    let seen = 0;
    const few: CodeOf = (token) => (text(token) === " great" && seen++ < 5 ? 1 : 0);
    expect(await names([...noise, few])).toEqual([...noise, few].map(() => "none"));
  });
});
