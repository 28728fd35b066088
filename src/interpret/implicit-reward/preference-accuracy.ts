/** Agreement of a model's implicit reward with human preferences, with control for length. */
import { ShapeError } from "../../errors.js";
import type { LanguageModel, Tokenizer } from "../../model/language-model.js";
import { bootstrapAll, type Interval } from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";
import { type AnswerRow, givenTokens, rewardedRows } from "./row-rewards.js";

/** Maximal relative difference of the lengths of answers that count as equally long. */
const SAME_LENGTH = 0.1;

/** Token ids of the prompt with each of two answers. */
export interface TokenPair {
  /** Number of first tokens of both rows without implicit reward: the prompt's. */
  readonly given: number;
  readonly chosen: readonly number[];
  readonly rejected: readonly number[];
}

/**
 * The tokens of a pair: prompt and answer are tokenized as one text. A token that is partly in the
 * prompt and partly in an answer counts as part of the answer.
 */
export function tokenPair(
  tokenizer: Pick<Tokenizer, "encode">,
  { prompt, chosen, rejected }: { readonly prompt: string; readonly chosen: string; readonly rejected: string },
): TokenPair {
  const asked = tokenizer.encode(prompt);
  const [one, other] = [tokenizer.encode(prompt + chosen), tokenizer.encode(prompt + rejected)];
  return { given: givenTokens(asked, one, other), chosen: one, rejected: other };
}

/** Implicit rewards of two answers: log p_tuned - log p_base, summed over their tokens, in nats. */
export interface ScoredPair {
  readonly chosen: number;
  readonly rejected: number;
  /** Number of tokens of each answer. */
  readonly chosenTokens: number;
  readonly rejectedTokens: number;
}

/** Implicit rewards of pairs. Memory and @throws as `rewardedRows`; the constant of the prompt cancels between two answers. */
export async function* scorePairs(
  models: { readonly base: LanguageModel; readonly tuned: LanguageModel },
  pairs: Iterable<TokenPair> | AsyncIterable<TokenPair>,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<ScoredPair> {
  for await (const { item, rewards } of rewardedRows(models, pairs, rowsOfPair, options))
    yield scoredPair(item, rewards);
}

/** The rows of a pair, the chosen answer's first. */
export function rowsOfPair({ given, chosen, rejected }: TokenPair): AnswerRow[] {
  return [chosen, rejected].map((ids) => ({ given, ids }));
}

/** A pair with the implicit rewards of its rows. */
export function scoredPair({ given, chosen, rejected }: TokenPair, rewards: readonly number[]): ScoredPair {
  return {
    chosen: rewards[0],
    rejected: rewards[1],
    chosenTokens: chosen.length - given,
    rejectedTokens: rejected.length - given,
  };
}

/** Agreement of an implicit reward with preferences, as shares of pairs; ties count as half. */
export interface PreferenceAccuracy {
  readonly pairs: number;
  /** The chosen answer has the higher implicit reward. */
  readonly accuracy: Interval;
  /** The chosen answer is longer: the accuracy of the number of tokens alone. */
  readonly longer: Interval;
  /** As `accuracy`, for the implicit reward without the part that the number of tokens explains. */
  readonly lengthControlled: Interval;
  /** As `accuracy`, among pairs of about equal length (10%); its `n` is that of all pairs. */
  readonly sameLength: Interval;
  /** Number of pairs of about equal length. */
  readonly sameLengthPairs: number;
  /** Slope of the implicit reward on the number of tokens, in nats per token. */
  readonly natsPerToken: Interval;
}

/**
 * Agreement of implicit rewards with preferences, with 95% intervals over pairs.
 *
 * Length is controlled by least squares of the difference in reward on the difference in tokens.
 * The line goes through the origin, so the slope does not depend on which answer was chosen. If
 * better answers are longer, this also removes part of their quality: the controlled accuracy is a
 * lower bound, and pairs of equal length are the check.
 * @throws ShapeError without pairs
 */
export function preferenceAccuracy(pairs: readonly ScoredPair[], { rng, resamples }: Resampling): PreferenceAccuracy {
  if (pairs.length === 0) throw new ShapeError("pairs: expected at least one, received none");
  const margins = Float64Array.from(pairs, ({ chosen, rejected }) => chosen - rejected);
  const lengths = Float64Array.from(pairs, ({ chosenTokens, rejectedTokens }) => chosenTokens - rejectedTokens);
  const isSame = pairs.map(
    ({ chosenTokens, rejectedTokens }) =>
      Math.abs(chosenTokens - rejectedTokens) <= SAME_LENGTH * Math.max(chosenTokens, rejectedTokens),
  );
  const statistics = (indices: Int32Array): number[] => {
    const slope = slopeThroughOrigin(lengths, margins, indices);
    const same = indices.filter((i) => isSame[i]);
    return [
      shareAbove(indices, (i) => margins[i]),
      shareAbove(indices, (i) => lengths[i]),
      shareAbove(indices, (i) => margins[i] - slope * lengths[i]),
      shareAbove(same, (i) => margins[i]),
      slope,
    ];
  };
  const [accuracy, longer, lengthControlled, sameLength, natsPerToken] = bootstrapAll(pairs.length, statistics, {
    rng,
    resamples,
    unit: "prompt",
  });
  const sameLengthPairs = isSame.filter((same) => same).length;
  return { pairs: pairs.length, accuracy, longer, lengthControlled, sameLength, sameLengthPairs, natsPerToken };
}

/** The share of numbers above 0; zeros count as half. NaN without numbers. */
function shareAbove(indices: Int32Array, of: (index: number) => number): number {
  let count = 0;
  for (const i of indices) count += (1 + Math.sign(of(i))) / 2;
  return count / indices.length;
}

/** 0 if all x are 0. */
function slopeThroughOrigin(x: Float64Array, y: Float64Array, indices: Int32Array): number {
  let [products, squares] = [0, 0];
  for (const i of indices) {
    products += x[i] * y[i];
    squares += x[i] * x[i];
  }
  return squares === 0 ? 0 : products / squares;
}
