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
    matches: evidence.map(({ feature }) => ({ layer: 3, feature, cosine: 0.9, partner: 2 * feature })),
    examplesPerFeature,
    examplesShown,
  });
  const labels = await explainer.classify(
    records.map(({ explanation, rule, examples }, i) => ({
      evidence: evidence[i],
      explanation,
      rule,
      shownTexts: new Set(examples.filter(({ shown }) => shown).map(({ text }) => text)),
    })),
  );
  return { explainer, records: records.map((record, i) => ({ ...record, ...labels[i] })) };
}

describe("ruleExplainer", () => {
  it("says what features fire on and which of them are about sentiment", async () => {
    const [great, stop, afterNot, first, silent] = (await explained()).records;
    expect(great.explanation).toMatch(
      /^fires on " great" \(100%\); mostly positive sentiment words \(100%, where \d+% of all tokens are\)/,
    );
    expect(great.explanation).toContain("[ great].");
    expect(great).toMatchObject({ related: true, cosine: 0.9, partner: 0, explainer: "rule", maxActivation: 2 });
    expect(great.reason).toContain("positive sentiment words more than chance");
    expect(great.topTokens).toEqual([{ token: " great", share: 1, mean: 2, count: great.topTokens[0].count }]);
    expect(great.examples).toHaveLength(20);
    expect(stop.explanation).toContain('fires on "." (100%); mostly punctuation');
    expect(stop.related).toBe(false);
    expect(afterNot.explanation).toContain('after " not" (100%)');
    expect(afterNot.related).toBe(true);
    expect(first.explanation).toContain("at the first token of a text (100%)");
    expect(first.related).toBe(false);
    expect(silent).toMatchObject({
      explanation: "never fires on these texts",
      related: false,
      examples: [],
      topTokens: [],
    });
    expect(silent.scores).toMatchObject({ sentimentAssociation: 0, pValue: 1, qValue: 1 });
    expect(great.topics).toEqual(["evaluation", "movie opinion"]);
    expect(stop.topics).toEqual(["punctuation and format"]);
    expect(silent.topics).toEqual([]);
  });

  it("keeps and shows as many examples as it is told to, and makes the explanation from those", async () => {
    const [great] = (await explained()).records;
    const [few] = (await explained({ examplesPerFeature: 6, examplesShown: 2 })).records;
    const shown = (record: typeof great) => record.examples.flatMap((example, rank) => (example.shown ? [rank] : []));
    const said = (record: typeof great) => record.explanation.split("Examples: ")[1].split(" | ").length;
    expect([great.examples.length, shown(great), said(great)]).toEqual([20, [0, 4, 8, 12, 16], 5]);
    expect([few.examples.length, shown(few), said(few)]).toEqual([6, [0, 3], 2]);
    expect(few.rule).toEqual(great.rule);
  });

  it("tells from its explanations alone where features fire", async () => {
    const { explainer, records } = await explained();
    const [great, stop, afterNot, first, silent] = records;
    const told = (record: typeof great, text: string, start = 7) =>
      explainer.detect(record, [{ tokens: tokenizer.encode(text), start }]).then((fires) => fires?.[0]);
    expect(await told(great, " so great.")).toBe(true);
    expect(await told(great, " so very.")).toBe(false);
    // Its class is positive words; "great" is the only one here, and "awful" is not one.
    expect(await told(great, " awful so")).toBe(false);
    expect(await told(stop, " so.")).toBe(true);
    expect(await told(afterNot, " not so")).toBe(true);
    expect(await told(first, "The film", 0)).toBe(true);
    expect(await told(first, "The film", 8)).toBe(false);
    expect(await told(silent, "The film was great.", 0)).toBe(false);
    await expect(explainer.detect({ explanation: "fires on joy" }, [])).rejects.toThrow("which have a rule");
  });

  it("tells marks that are where its rule fires from others, and how strongly it fires: fully or not at all", async () => {
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
