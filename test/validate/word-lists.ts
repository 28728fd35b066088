/** Words that are given values of our own: planted ones that pay, decoys that do not, and random ones for the null runs. */
import { writeFile } from "node:fs/promises";
import { WordTokens } from "../../src/interpret/index.js";
import type { Tokenizer } from "../../src/model/language-model.js";
import { parseConfig } from "../../src/pipeline/index.js";
import { partTokens } from "../../src/pipeline/inputs/corpus-parts.js";
import { Rng } from "../../src/rng.js";
import { loadLexicon } from "../../src/text/index.js";

/**
 * Forty nouns that are one token each and say nothing about quality, the most frequent ones first: 470 to 110 times in
 * half a million tokens of the embedded corpus. Each four neighbours are dealt out by lot, so that the sets are equally frequent.
 */
const nouns =
  "show plot life character actors scene lot work series man cast world part year book point ending family director music action effects script money minutes day role performance kids night couple episode idea girl woman version place reason video audience".split(
    " ",
  );

export interface PlantedWords {
  /** Word -> value, 10 from 1 to 4 and 10 from -4 to -1. These pay. */
  planted: Map<string, number>;
  /** Another 20 nouns of the same frequencies with the same values. These do not. */
  decoys: Map<string, number>;
}

export function plantedWords(): PlantedWords {
  const rng = Rng.fromSeed(42, "planted words");
  const sets = { planted: new Map<string, number>(), decoys: new Map<string, number>() };
  for (let four = 0; four * 4 < nouns.length; four++) {
    const [a, b, c, d] = rng.shuffle(nouns.slice(four * 4, four * 4 + 4));
    const size = 1 + (four % 4);
    sets.planted.set(a, size).set(b, -size);
    sets.decoys.set(c, size).set(d, -size);
  }
  return sets;
}

/** The words of VADER's lexicon, apart from those given, at the value 0: they are rebuilt, and pay nothing. */
export function withUnpaid(values: ReadonlyMap<string, number>): Map<string, number> {
  const words = [...loadLexicon().keys()].filter((word) => /^[a-z]+$/.test(word) && !values.has(word));
  return new Map([...values, ...words.map((word) => [word, 0] as const)]);
}

export async function writeLexicon(path: string, lexicon: ReadonlyMap<string, number>): Promise<void> {
  await writeFile(path, [...lexicon].map(([word, value]) => `${word}\t${value}\n`).join(""));
}

/** A word of a null run's lexicon occurs at least so often in the texts below, and is no function word. */
const OFTEN = 20;
const FUNCTION_WORD_SHARE = 1 / 500;

/** Words of one token that are neither rare nor function words in the embedded corpus, in alphabetical order. */
export async function contentWords(tokenizer: Tokenizer): Promise<string[]> {
  const words = new WordTokens((id) => tokenizer.tokenText(id), new Map());
  const texts = await partTokens(parseConfig({}, "content words"), "triples", tokenizer, { maxTokens: 256 });
  const counts = new Map<string, number>();
  for (const ids of texts)
    for (const span of words.words(ids))
      if (words.plainToken(ids, span) !== undefined) counts.set(span.word, (counts.get(span.word) ?? 0) + 1);
  const tokens = texts.reduce((sum, ids) => sum + ids.length, 0);
  return [...counts]
    .filter(([, count]) => count >= OFTEN && count < FUNCTION_WORD_SHARE * tokens)
    .map(([word]) => word)
    .sort();
}

/** Random values, -4 to 4, of 100 positive and 100 negative words drawn at random: nothing can be learned of one from others. */
export function randomLexicon(words: readonly string[], seed: number): Map<string, number> {
  const rng = Rng.fromSeed(seed, "random lexicon");
  const drawn = rng.shuffle([...words]).slice(0, 200);
  return new Map(drawn.map((word, i) => [word, (i % 2 === 0 ? 1 : -1) * (0.5 + Math.round(35 * rng.uniform()) / 10)]));
}
