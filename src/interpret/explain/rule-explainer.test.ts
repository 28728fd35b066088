import { describe, expect, it } from "vitest";
import { evidenceOf } from "../../../test/support/evidence.js";
import { fakeTokenizer } from "../../../test/support/fake-language-model.js";
import { Rng } from "../../rng.js";
import { explainFeatures } from "./explain.js";
import { ruleExplainer } from "./rule-explainer.js";

const tokenizer = fakeTokenizer(["The", " film", " was", " great", " awful", " not", ".", " so", " very"]);
const lexicon = new Map([
  ["great", 3.1],
  ["awful", -2],
]);
const SENTENCES = [
  "The film was great.",
  "The film was so very great.",
  "The film was awful.",
  "The film was not great.",
  "The film was very very very awful.",
  "The film was so so.",
];

async function explained({ examplesPerFeature = 20, examplesShown = 5 } = {}) {
  const rng = Rng.fromSeed(4);
  const texts = Array.from({ length: 120 }, () => tokenizer.encode(SENTENCES[rng.integer(SENTENCES.length)]));
  const is = (text: string) => (token: number) => (tokenizer.tokenText(token) === text ? 2 : 0);
  const evidence = await evidenceOf(
    texts,
    [
      is(" great"),
      is("."),
      (_, t, tokens) => (t > 0 && tokenizer.tokenText(tokens[t - 1]) === " not" ? 1 : 0),
      (_, t) => (t === 0 ? 3 : 0),
      () => 0,
    ],
    3,
  );
  const explainer = ruleExplainer({ lexicon, tokenText: tokenizer.tokenText, permutations: 400, rng: Rng.fromSeed(8) });
  const records = await explainFeatures(evidence, {
    explainer,
    tokenText: tokenizer.tokenText,
    choices: evidence.map(({ feature }) => ({ layer: 3, feature, cosine: 0.9, partner: 2 * feature })),
    examplesPerFeature,
    examplesShown,
  });
  const labels = await explainer.classify(
    records.map(({ explanation, pattern, noPattern, examples }, i) => ({
      evidence: evidence[i],
      explanation,
      pattern,
      noPattern,
      shownTexts: new Set(examples.filter(({ shown }) => shown).map(({ text }) => text)),
    })),
  );
  return { explainer, records: records.map((record, i) => ({ ...record, ...labels[i] })) };
}

describe("ruleExplainer", () => {
  it("says what features fire on and which of them are about sentiment", async () => {
    const [great, stop, afterNot, first, silent] = (await explained()).records;
    expect(great.explanation).toBe('the word "great"');
    expect(great.pattern).toMatchObject({ of: { kind: "words", at: 0, words: ["great"] }, covers: 1 });
    expect(great).toMatchObject({ related: true, cosine: 0.9, partner: 0, explainer: "rule", maxActivation: 2 });
    expect(great.reason).toContain("positive sentiment words more than chance");
    expect(great.topTokens).toEqual([{ token: " great", share: 1, mean: 2, count: great.topTokens[0].count }]);
    expect(great.examples).toHaveLength(20);
    expect(stop.explanation).toBe("full stops");
    expect(stop.related).toBe(false);
    expect(afterNot.explanation).toBe('the token after "not"');
    expect(afterNot.related).toBe(true);
    // In these texts "The" is always the first token: the word is the simpler name.
    expect(first.explanation).toBe('the word "the"');
    expect(first.related).toBe(false);
    expect(silent).toMatchObject({
      explanation: "never fires on these texts",
      noPattern: true,
      related: false,
      examples: [],
      topTokens: [],
    });
    expect(silent.scores).toMatchObject({ sentimentAssociation: 0, pValue: 1, qValue: 1 });
    expect(great.topics).toEqual(["evaluation", "movie opinion"]);
    expect(stop.topics).toEqual(["punctuation and format"]);
    expect(silent.topics).toEqual([]);
  });

  it("keeps and shows as many examples as it is told to, spread over their ranks", async () => {
    const [great] = (await explained()).records;
    const [few] = (await explained({ examplesPerFeature: 6, examplesShown: 2 })).records;
    const shown = (record: typeof great) => record.examples.flatMap((example, rank) => (example.shown ? [rank] : []));
    expect([great.examples.length, shown(great)]).toEqual([20, [0, 4, 8, 12, 16]]);
    expect([few.examples.length, shown(few)]).toEqual([6, [0, 3]]);
    expect(few.pattern).toEqual(great.pattern);
  });

  it("tells from its explanations alone where features fire", async () => {
    const { explainer, records } = await explained();
    const [great, stop, afterNot, first, silent] = records;
    const told = (record: typeof great, text: string, start = 7) =>
      explainer.detect(record, [{ tokens: tokenizer.encode(text), start }]).then((fires) => fires?.[0]);
    expect(await told(great, " so great.")).toBe(true);
    expect(await told(great, " so very.")).toBe(false);
    expect(await told(great, " awful so")).toBe(false);
    expect(await told(stop, " so.")).toBe(true);
    expect(await told(afterNot, " not so")).toBe(true);
    expect(await told(first, "The film", 0)).toBe(true);
    expect(await told(first, " film was", 0)).toBe(false);
    expect(await told(silent, "The film was great.", 0)).toBe(false);
    await expect(explainer.detect({ explanation: "fires on joy" }, [])).rejects.toThrow("which have a pattern");
  });

  it("tells marks that are where its pattern holds from others, and how strongly it is active", async () => {
    const { explainer, records } = await explained();
    const [great, stop] = records;
    const tokens = tokenizer.encode("The film was great.");
    const at = (...marked: number[]) => ({ tokens, start: 0, marked });
    // " great" is the fourth token; half of the marks are enough.
    expect(await explainer.fuzz(great, [at(3), at(2), at(2, 3), at(1, 2, 3)])).toEqual([true, false, true, false]);
    expect(await explainer.fuzz(stop, [at(4), at(3)])).toEqual([true, false]);
    expect(await explainer.simulate(great, [{ tokens, start: 0 }])).toEqual([[0, 0, 0, 10, 0]]);
    expect(await explainer.simulate(stop, [{ tokens, start: 5 }])).toEqual([[0, 0, 0, 0, 10]]);
  });

  it("gives the same records again from the same stream of random numbers", async () => {
    expect((await explained()).records).toEqual((await explained()).records);
  });
});
