/** A synthetic corpus: texts sampled from a model, without those that repeat a training text. */
import { RunError } from "../errors.js";
import type { LanguageModel, Tokenizer } from "../model/language-model.js";

export interface SyntheticCorpus {
  readonly texts: string[];
  /**
   * Share of the sampled texts that were dropped since they share consecutive words with a training
   * text.
   */
  readonly droppedShare: number;
}

export interface SamplingOptions {
  readonly count: number;
  /** Maximal tokens of a text. */
  readonly maxTokens: number;
  /** Shorter texts are dropped, in characters. */
  readonly minCharacters: number;
  readonly temperature: number;
  /** Number of shared consecutive words that count as a repetition. */
  readonly sharedWords: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  onTexts?(done: number): void;
}

const ROWS_AT_ONCE = 128;

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];

/** All sequences of `length` consecutive words. */
function* stretches(text: string, length: number): Generator<string> {
  const words = wordsOf(text);
  for (let i = 0; i + length <= words.length; i++) yield words.slice(i, i + length).join(" ");
}

/**
 * Samples whole texts and drops those that share `sharedWords` consecutive words with a text of
 * `training`. Word sequences of the sampled texts are kept in memory; training texts are streamed.
 * @throws RunError when nearly all sampled texts are too short
 */
export async function sampleCorpus(
  model: LanguageModel,
  tokenizer: Tokenizer,
  training: AsyncIterable<{ text: string }>,
  options: SamplingOptions,
): Promise<SyntheticCorpus> {
  const { count, maxTokens, minCharacters, temperature, sharedWords, seed, signal, onTexts } = options;
  const begin = tokenizer.eosTokenId ?? 0;
  const texts: string[] = [];
  // A tenth more than needed, since some will be dropped.
  const wanted = Math.ceil(count * 1.1);
  for (let round = 0; texts.length < wanted; round++) {
    if (round * ROWS_AT_ONCE > 20 * wanted)
      throw new RunError(
        `sampled texts: expected at least ${minCharacters} characters, and only ${texts.length} of ${round * ROWS_AT_ONCE} have them`,
        { help: "Sample more tokens per text (samples.trainTokens, samples.testTokens)." },
      );
    const rows = await model.generate(
      Array.from({ length: ROWS_AT_ONCE }, () => [begin]),
      { maxNewTokens: maxTokens, temperature, seed: seed + round, signal },
    );
    for (const row of rows) {
      const text = tokenizer.decode(row.slice(1), { skipSpecialTokens: true }).replaceAll("\uFFFD", "").trim();
      if (text.length >= minCharacters) texts.push(text);
    }
    onTexts?.(Math.min(texts.length, wanted));
  }
  const owners = new Map<string, number[]>();
  texts.forEach((text, index) => {
    for (const stretch of stretches(text, sharedWords)) owners.set(stretch, [...(owners.get(stretch) ?? []), index]);
  });
  const repeated = new Set<number>();
  for await (const { text } of training)
    for (const stretch of stretches(text, sharedWords))
      for (const index of owners.get(stretch) ?? []) repeated.add(index);
  const kept = texts.filter((_, index) => !repeated.has(index));
  return { texts: kept.slice(0, count), droppedShare: repeated.size / texts.length };
}
