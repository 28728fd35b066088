import { expect, test } from "vitest";
import { fakeModel } from "../../../test/support/fake-language-model.js";
import { tripleLogRatios } from "./triple-log-ratios.js";
import type { Triple } from "./triples.js";

const word = (token: number) => ({ token, word: `w${token}` });
const triples = [
  { text: 0, context: [0, 1], positive: word(1), negative: word(2), neutral: word(0) },
  { text: 1, context: [2], positive: word(0), negative: word(1), neutral: word(2) },
  { text: 2, context: [1, 1, 0], positive: word(2), negative: word(0), neutral: word(1) },
] as Triple[];

/** log-probabilities by hand: logits and a shift that softmax ignores. */
const model = (logits: readonly number[], shift = 0) =>
  fakeModel({ vocabSize: 3, dModel: 1, nextLogits: (tokens) => logits.map((l) => l + shift * tokens.length) });

const logSoftmax = (logits: readonly number[]) => {
  const log = Math.log(logits.reduce((sum, l) => sum + Math.exp(l), 0));
  return logits.map((l) => l - log);
};

test("log-ratios are centred under the base model, in the order of the triples", async () => {
  const [before, after] = [
    [0.5, -1, 2],
    [1, 0.25, -0.5],
  ];
  const found = await tripleLogRatios(model(before), model(after, 3), triples, { batchSize: 2 });
  const [b, t] = [logSoftmax(before), logSoftmax(after)];
  const centre = b.reduce((sum, one, id) => sum + Math.exp(one) * (t[id] - one), 0);
  const ratio = (id: number) => t[id] - b[id] - centre;
  const expected = [1, 2, 0, 1, 2, 0].map(ratio);
  for (const [row, value] of expected.entries()) expect(found[row]).toBeCloseTo(value, 5);
  expect(b.reduce((sum, one, id) => sum + Math.exp(one) * ratio(id), 0)).toBeCloseTo(0, 12);
});

test("equal models give exactly 0", async () => {
  const same = model([0.5, -1, 2]);
  expect([...(await tripleLogRatios(same, same, triples, { batchSize: 8 }))]).toEqual([0, 0, 0, 0, 0, 0]);
});
