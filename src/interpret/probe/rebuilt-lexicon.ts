/**
 * The lexicon rebuilt by R, out of fold, and its rank correlation with the true one (paper,
 * sections 4.3 and 5.1).
 */
import { type Interval, meanInterval, type Resampling } from "../../stats/interval.js";
import { sum } from "../../stats/moments.js";
import { compareRankAgreement, type KendallResult, rankAgreement } from "../../stats/rank-agreement.js";
import type { CodesAtPositions } from "../evidence/codes.js";
import type { WordTokens } from "../words/word-tokens.js";
import type { SentimentDeltas } from "./deltas.js";
import { type Estimator, estimators, type ProbeFit, predictRow } from "./probe.js";
import type { LinearFit } from "./regression.js";

/**
 * Occurrences of a word in texts other than the triples. R is affine, so the mean of their inputs
 * is enough.
 */
export interface WordOccurrences {
  word: string;
  count: number;
  /** Mean over occurrences, layers concatenated: [inputs]. */
  meanCodes: Float64Array;
}

/** Occurrences with only some of their inputs: columns first (inclusive) to last (exclusive). */
export function occurrencesWithInputs(
  occurrences: readonly WordOccurrences[],
  first: number,
  last: number,
): WordOccurrences[] {
  return occurrences.map((entry) => ({ ...entry, meanCodes: entry.meanCodes.subarray(first, last) }));
}

/** One word rebuilt by R. */
export interface RebuiltWord {
  word: string;
  /** The lexicon's valence. */
  trueValue: number;
  /**
   * Mean of R over the word's occurrences, by models that were fitted without the word; -4..4
   * except for outliers.
   */
  leastSquares: number;
  ridge: number;
  occurrences: number;
}

/** Positions in a text of lexicon words that are one lower-case token with its space, ascending. */
export function lexiconPositions(tokens: readonly number[], words: WordTokens): number[] {
  return [...words.words(tokens)].flatMap((span) =>
    words.lexicon.has(span.word) && words.plainToken(tokens, span) !== undefined ? [span.start] : [],
  );
}

/**
 * Collects the occurrences of lexicon words in texts that the probe was not fitted on.
 * Memory: one mean of inputs per word.
 * @param stream inputs at the `lexiconPositions` of the texts
 * @returns words in alphabetical order
 */
export async function lexiconOccurrences(
  stream: AsyncIterable<CodesAtPositions>,
  words: WordTokens,
): Promise<WordOccurrences[]> {
  const found = new Map<string, WordOccurrences>();
  for await (const { tokens, positions, codes } of stream) {
    const widths = codes.map((layer) => layer.length / positions.length);
    for (const [at, position] of positions.entries()) {
      const word = words.text(tokens[position]).trimStart();
      const inputs = sum(widths);
      const entry = found.get(word) ?? { word, count: 0, meanCodes: new Float64Array(inputs) };
      found.set(word, entry);
      entry.count++;
      let column = 0;
      for (const [i, width] of widths.entries()) {
        for (let j = 0; j < width; j++) entry.meanCodes[column++] += codes[i][at * width + j];
      }
    }
  }
  for (const { count, meanCodes } of found.values()) for (let j = 0; j < meanCodes.length; j++) meanCodes[j] /= count;
  return [...found.values()].sort((a, b) => (a.word < b.word ? -1 : 1));
}

/**
 * A word's value is the mean of R over its rows of triples and its further occurrences. Rows are
 * predicted by their fold's model, further occurrences by the model of the word's fold. Words that
 * are in no triple are assigned to folds in turn, since no model was fitted on them. Words outside
 * the lexicon are left out.
 * @param deltas the rows that `fit` was fitted to
 * @returns words in alphabetical order
 */
export function rebuildLexicon(
  fit: ProbeFit,
  deltas: SentimentDeltas,
  lexicon: ReadonlyMap<string, number>,
  occurrences: readonly WordOccurrences[] = [],
): RebuiltWord[] {
  const sums = new Map<string, { leastSquares: number; ridge: number; count: number }>();
  const add = (word: string, leastSquares: number, ridge: number, count: number) => {
    const sum = sums.get(word) ?? { leastSquares: 0, ridge: 0, count: 0 };
    sum.leastSquares += leastSquares * count;
    sum.ridge += ridge * count;
    sum.count += count;
    sums.set(word, sum);
  };
  for (const [row, { leastSquares, ridge }] of fit.outOfFold.entries())
    add(deltas.rows[row].word, leastSquares, ridge, 1);
  for (const [i, { word, count, meanCodes }] of occurrences.entries()) {
    const fold = fit.foldOfWord.get(word) ?? i % fit.foldFits.leastSquares.length;
    const by = (fits: readonly LinearFit[]) => predictRow(fits[fold], meanCodes);
    add(word, by(fit.foldFits.leastSquares), by(fit.foldFits.ridge), count);
  }
  return [...sums]
    .filter(([word]) => lexicon.has(word))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, { leastSquares, ridge, count }]) => ({
      word,
      trueValue: lexicon.get(word) ?? 0,
      leastSquares: leastSquares / count,
      ridge: ridge / count,
      occurrences: count,
    }));
}

/** Sets of words by the sign of their true value. */
export type WordSet = "all" | "negative" | "positive";

/** Measures of R, and of its lexicon against the true one. */
export interface ProbeSummary
  extends Pick<
    ProbeFit,
    "rows" | "inputs" | "meanPositiveDelta" | "meanNegativeDelta" | "labelScale" | "r2" | "ridgeStrength"
  > {
  words: number;
  /** Share of words whose least squares value has the sign of the true one. */
  signAgreement: Interval;
  kendall: { estimator: Estimator; words: WordSet; result: KendallResult }[];
}

/**
 * Measures of a fit, and the rank correlation of its lexicon with the true one over all words, over
 * negative and over positive words; sets of fewer than two words are left out.
 * @param words result of `rebuildLexicon` for the fit
 */
export function summariseProbe(fit: ProbeFit, words: readonly RebuiltWord[], resampling: Resampling): ProbeSummary {
  const { rows, inputs, meanPositiveDelta, meanNegativeDelta, labelScale, r2, ridgeStrength } = fit;
  const sets: Record<WordSet, RebuiltWord[]> = {
    all: [...words],
    negative: words.filter(({ trueValue }) => trueValue < 0),
    positive: words.filter(({ trueValue }) => trueValue > 0),
  };
  const agrees = words.map(({ leastSquares, trueValue }) => (Math.sign(leastSquares) === Math.sign(trueValue) ? 1 : 0));
  return {
    rows,
    inputs,
    words: words.length,
    meanPositiveDelta,
    meanNegativeDelta,
    labelScale,
    r2,
    ridgeStrength,
    signAgreement: meanInterval(agrees, "word", resampling),
    kendall: estimators.flatMap((estimator) =>
      (Object.keys(sets) as WordSet[])
        .filter((set) => sets[set].length >= 2)
        .map((set) => ({ estimator, words: set, result: kendallOf(sets[set], estimator, resampling) })),
    ),
  };
}

/** Rank correlation of rebuilt and true values over these words, at least two. */
export function kendallOf(words: readonly RebuiltWord[], estimator: Estimator, resampling: Resampling): KendallResult {
  return rankAgreement(valuesOf(words, estimator), trueValues(words), resampling);
}

const valuesOf = (words: readonly RebuiltWord[], estimator: Estimator) => words.map((word) => word[estimator]);
const trueValues = (words: readonly RebuiltWord[]) => words.map(({ trueValue }) => trueValue);

/**
 * tau(tuned) - tau(base) over the words that both rebuilt, words resampled in pairs; nothing for
 * fewer than two words.
 */
export function tauDifference(
  tuned: readonly RebuiltWord[],
  base: readonly RebuiltWord[],
  resampling: Resampling,
): { estimator: Estimator; difference: Interval }[] {
  const ofBase = new Map(base.map((word) => [word.word, word]));
  const shared = tuned.filter(({ word }) => ofBase.has(word));
  const counterparts = shared.map(({ word }) => ofBase.get(word)!);
  if (shared.length < 2) return [];
  return estimators.map((estimator) => {
    const [own, other] = [valuesOf(shared, estimator), valuesOf(counterparts, estimator)];
    const [{ difference }] = compareRankAgreement(own, [other], trueValues(shared), resampling).others;
    return { estimator, difference };
  });
}

/** One word of both models, as a line of lexicon.csv. */
export interface LexiconRow {
  word: string;
  trueValue: number;
  tuned: number | null;
  tunedRidge: number | null;
  tunedOccurrences: number;
  base: number | null;
  baseRidge: number | null;
  baseOccurrences: number;
}

/**
 * Both models' values in alphabetical order of words; null where a model did not rebuild the word.
 */
export function lexiconRows(tuned: readonly RebuiltWord[], base: readonly RebuiltWord[]): LexiconRow[] {
  const byWord = (words: readonly RebuiltWord[]) => new Map(words.map((word) => [word.word, word]));
  const [ofTuned, ofBase] = [byWord(tuned), byWord(base)];
  return [...new Set([...ofTuned.keys(), ...ofBase.keys()])].sort().map((word) => {
    const [t, b] = [ofTuned.get(word), ofBase.get(word)];
    return {
      word,
      trueValue: (t ?? b)!.trueValue,
      tuned: t?.leastSquares ?? null,
      tunedRidge: t?.ridge ?? null,
      tunedOccurrences: t?.occurrences ?? 0,
      base: b?.leastSquares ?? null,
      baseRidge: b?.ridge ?? null,
      baseOccurrences: b?.occurrences ?? 0,
    };
  });
}
