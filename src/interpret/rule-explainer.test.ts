import { describe, expect, it } from "vitest";
import { fakeTokenizer } from "../../test/fake-language-model.js";
import { Rng } from "../rng.js";
import { collectEvidence } from "./collect-evidence.js";
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

async function explained() {
  const rng = Rng.fromSeed(4);
  const texts = Array.from({ length: 120 }, () => tokenizer.encode(SENTENCES[rng.integer(SENTENCES.length)]));
  const is = (text: string) => (tokens: number[], t: number) => (tokenizer.tokenText(tokens[t]) === text ? 2 : 0);
  const features = [
    is(" great"),
    is("."),
    (tokens: number[], t: number) => (t > 0 && tokenizer.tokenText(tokens[t - 1]) === " not" ? 1 : 0),
    (_: number[], t: number) => (t === 0 ? 3 : 0),
    () => 0,
  ];
  async function* stream() {
    for (const [text, tokens] of texts.entries()) {
      yield {
        text,
        tokens,
        codes: [Float32Array.from(tokens.flatMap((_, t) => features.map((code) => code(tokens, t))))],
      };
    }
  }
  const selected = features.map((_, i) => i);
  const evidence = await collectEvidence(stream(), texts, [{ layer: 3, dSae: features.length, features: selected }]);
  const explainer = ruleExplainer({ lexicon, tokenText: tokenizer.tokenText, permutations: 400, rng: Rng.fromSeed(8) });
  const records = await explainFeatures(evidence, {
    explainer,
    tokenText: tokenizer.tokenText,
    matches: selected.map((feature) => ({ layer: 3, feature, cosine: 0.9, partner: 2 * feature })),
  });
  const labels = await explainer.classify(
    evidence.map((one, i) => ({ evidence: one, explanation: records[i].explanation })),
  );
  return records.map((record, i) => ({ ...record, ...labels[i] }));
}

describe("ruleExplainer", () => {
  it("says what features fire on and which of them are about sentiment", async () => {
    const [great, stop, afterNot, first, silent] = await explained();
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
    expect(silent.scores).toEqual({ sentimentAssociation: 0, pValue: 1, qValue: 1 });
  });

  it("gives the same records again from the same stream of random numbers", async () => {
    expect(await explained()).toEqual(await explained());
  });
});
