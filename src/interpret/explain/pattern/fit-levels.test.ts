import { expect, it } from "vitest";
import { evidenceOf } from "../../../../test/support/evidence.js";
import { fakeTokenizer } from "../../../../test/support/fake-language-model.js";
import { tokensInRow } from "../../words/token-classes.js";
import { WordTokens } from "../../words/word-tokens.js";
import { fitLevels } from "./fit-levels.js";
import { type Pattern, predictedLevels } from "./pattern.js";

const tokenizer = fakeTokenizer([" so", " good", " great", " fine", " it", " was"]);
const words = new WordTokens(tokenizer.tokenText, new Map());
const rowsOf = (texts: readonly (readonly number[])[]) => texts.map((ids) => tokensInRow(ids, words));
const pattern: Pattern = { kind: "words", at: 0, words: ["good", "great", "fine"] };

it("predicts levels over the whole scale: by word where the pattern holds, less after it, 0 elsewhere", async () => {
  const text = tokenizer.encode(" it was so it great it was so it was good it was so it was it");
  const texts = Array.from({ length: 50 }, () => text);
  // Levels 10 at "great", 6 at "good", 2 at the token after either.
  const code = (token: string) => (token === " great" ? 5 : token === " good" ? 3 : 0);
  const [evidence] = await evidenceOf(texts, [
    (token, t, row) => code(tokenizer.tokenText(token)) || (t > 0 && code(tokenizer.tokenText(row[t - 1])) ? 1 : 0),
  ]);
  const levels = fitLevels({ of: pattern }, evidence, rowsOf(texts));
  expect(levels.otherwise).toBe(0);
  expect(levels.after).toEqual([2, 0, 0]);
  expect(levels.ofWord).toEqual({ good: 6, great: 10 });
  expect(levels.holds).toBe(8);
  const found = { of: pattern, score: 1, covers: 1, breadth: 0.1, levels };
  const told = predictedLevels(found, { tokens: tokenizer.encode(" so great it was good so fine"), start: 3 }, words);
  expect(told).toEqual([0, 10, 2, 0, 6, 2, 8]);
});

it("predicts nothing from constant activation", async () => {
  const texts = [tokenizer.encode(" so good it was")];
  const [evidence] = await evidenceOf(texts, [() => 1]);
  expect(fitLevels({ of: pattern }, evidence, rowsOf(texts))).toEqual({
    holds: 0,
    ofWord: {},
    after: [0, 0, 0],
    otherwise: 0,
  });
});
