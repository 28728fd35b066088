import { expect, test } from "vitest";
import { assetPath } from "../../assets.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { Rng } from "../../rng.js";
import { hypotheses } from "../hypotheses/hypotheses.js";
import { type Evidence, lexiconWords } from "../pair/evidence.js";
import { MarkedTexts } from "../pair/marked-texts.js";
import { logOdds } from "./log-odds.js";
import { contrastOfMarks, markedTokens } from "./marked-tokens.js";
import { byLabel, groupScore, groupsOf, meanScore, zScore } from "./method.js";
import { textLogRatios } from "./text-log-ratios.js";
import { vocabularyMarks } from "./token-marks.js";

const tokenizer = await loadTokenizer(assetPath("embedded"));
const words = lexiconWords(tokenizer);

/** Texts by lot in which the tuned model writes " plot" three times as often, and " plot" has a high log-ratio. */
function evidence(): Evidence {
  const rng = Rng.fromSeed(1, "texts");
  const others = ["year", "book", "scene", "very", "good", "this", "bad", "money"];
  const plot = tokenizer.tokenId(" plot")!;
  const text = (origin: "base" | "tuned", unit: number) => {
    const share = origin === "tuned" ? 0.3 : 0.1;
    const ids = Array.from({ length: 20 }, () =>
      rng.uniform() < share ? plot : tokenizer.tokenId(` ${others[rng.integer(others.length)]}`)!,
    );
    const logRatios = Float64Array.from(ids, (id) => (id === plot ? 1 : 0) + 0.2 * rng.normal());
    return { origin, unit, prompt: "", text: tokenizer.decode(ids), ids, logRatios, ended: false };
  };
  const texts = (["base", "tuned"] as const).flatMap((origin) =>
    Array.from({ length: 60 }, (_, unit) => text(origin, unit)),
  );
  const marks = new MarkedTexts(
    hypotheses,
    texts.map(({ ids }) => ids),
    words,
  );
  return { name: "test", texts, marks, words, tokenizer } as unknown as Evidence;
}

test.each([logOdds, markedTokens, textLogRatios])("$name puts the word that was changed first", async (method) => {
  const scores = await method.rank(evidence(), hypotheses);
  const order = [...scores.keys()].sort((a, b) => Math.abs(scores[b]?.value ?? 0) - Math.abs(scores[a]?.value ?? 0));
  const place = hypotheses.findIndex(({ name }) => name === "word: plot");
  // "words for stories" marks the plot alone besides the scene, as here both are written.
  expect(order.slice(0, 2)).toContain(place);
  expect(scores[place]!.low).toBeGreaterThan(0);
  // Nothing is said of words that no text has.
  expect(scores[hypotheses.findIndex(({ name }) => name === "word: murder")]).toBe(null);
});

test("a contrast of marks is taken within texts, in standard errors", () => {
  const values = Array.from({ length: 8 }, (_, i) => [100 + i, 101 + i, 103 + i + (i % 2)]);
  const marks = values.map(() => Uint8Array.of(0, 0, 1));
  // Differences 2.5 and 3.5 in turn: mean 3, standard error sqrt(8 / 7 / 4 / 8).
  expect(contrastOfMarks(values, marks)!.value).toBeCloseTo(3 / Math.sqrt(1 / 28), 10);
  expect(contrastOfMarks(values.slice(1), marks.slice(1))).toBe(null);
});

test("intervals: normal, of a mean, and of a few groups by Student's t", () => {
  expect(zScore(2)!.low).toBeCloseTo(0.040036, 6);
  expect(zScore(Number.NaN)).toBe(null);
  expect(meanScore([1, 3], 2)!.high).toBeCloseTo(2 + 1.959964, 6);
  expect(groupScore([1, 2, 3, 4])!.low).toBeCloseTo(2.5 - (3.182 * Math.sqrt(5 / 3)) / 2, 10);
  expect(groupScore([1, 1])).toBe(null);
  expect(groupsOf([1, 2, 3, 4, 5], 2)).toEqual([
    [1, 3, 5],
    [2, 4],
  ]);
});

test("values of features are summed by their label, and where no feature has it nothing is said", () => {
  const groups = [Float64Array.of(1, 2, 4, 8), Float64Array.of(3, 2, 5, 9)];
  const scores = byLabel(groups, [2, undefined, 0, 2], 3);
  expect(scores.map((score) => score?.value ?? null)).toEqual([4.5, null, 10.5]);
  expect(byLabel(groups, [undefined, 1, undefined, undefined], 2)).toEqual([null, null]);
});

test("tokens alone: words and signs are marked, what depends on other tokens is not said", () => {
  const base = { config: { vocabSize: tokenizer.vocabSize } } as CausalLm;
  const marks = vocabularyMarks({ base, tokenizer, words }, hypotheses);
  const of = (name: string) => marks[hypotheses.findIndex((hypothesis) => hypothesis.name === name)];
  expect(of("word: plot")![tokenizer.tokenId(" plot")!]).toBe(1);
  expect(of("surface: exclamation marks")![tokenizer.tokenId("!")!]).toBe(1);
  expect(of("surface: tokens")).toBe(undefined);
  expect(of("surface: repeated words")).toBe(undefined);
  expect(of("condition: positive words after words for films")).toBe(undefined);
});
