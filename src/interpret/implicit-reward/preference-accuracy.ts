/** Whether the implicit reward of a tuned model prefers what people preferred, and how much of that is length. */
import { ShapeError } from "../../errors.js";
import type { LanguageModel, Tokenizer } from "../../model/language-model.js";
import { bootstrapAll, type Interval } from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";

/** Pairs in one pass of a model; each is two rows. */
const PAIRS_PER_PASS = 16;

/** Answers whose lengths differ by at most this share of the longer one count as equally long. */
const SAME_LENGTH = 0.1;

/** Two answers to a prompt in tokens, each behind the prompt. */
export interface TokenPair {
  /** How many tokens both rows begin with that are not judged. */
  readonly given: number;
  readonly chosen: readonly number[];
  readonly rejected: readonly number[];
}

/**
 * The tokens of a pair of texts: of the prompt with each answer, tokenized as one text. A token that reaches from the prompt into
 * an answer is judged.
 */
export function tokenPair(
  tokenizer: Pick<Tokenizer, "encode">,
  { prompt, chosen, rejected }: { readonly prompt: string; readonly chosen: string; readonly rejected: string },
): TokenPair {
  const asked = tokenizer.encode(prompt);
  const [one, other] = [tokenizer.encode(prompt + chosen), tokenizer.encode(prompt + rejected)];
  let given = 0;
  while (given < asked.length && asked[given] === one[given] && asked[given] === other[given]) given++;
  return { given, chosen: one, rejected: other };
}

/** Implicit rewards of the two answers of a pair: sums of log p_tuned - log p_base over the tokens of each, in nats. */
export interface ScoredPair {
  readonly chosen: number;
  readonly rejected: number;
  /** Tokens of each answer that are judged. */
  readonly chosenTokens: number;
  readonly rejectedTokens: number;
}

/**
 * Implicit rewards of pairs, a few pairs in memory at a time.
 * @throws ShapeError when the models differ in their vocabulary, or as `LanguageModel.logProbs` for a row that is longer than their positions
 * @see Rafailov et al. 2023, arXiv:2305.18290, equation 5; its constant per prompt cancels between two answers
 */
export async function* scorePairs(
  { base, tuned }: { readonly base: LanguageModel; readonly tuned: LanguageModel },
  pairs: Iterable<TokenPair> | AsyncIterable<TokenPair>,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<ScoredPair> {
  if (base.config.vocabSize !== tuned.config.vocabSize)
    throw new ShapeError(
      `base and tuned model must have one vocabulary: base has ${base.config.vocabSize} tokens, tuned ${tuned.config.vocabSize}`,
    );
  let batch: TokenPair[] = [];
  for await (const pair of pairs) {
    batch.push(pair);
    if (batch.length < PAIRS_PER_PASS) continue;
    yield* await scoreBatch(base, tuned, batch, signal);
    batch = [];
  }
  if (batch.length > 0) yield* await scoreBatch(base, tuned, batch, signal);
}

async function scoreBatch(
  base: LanguageModel,
  tuned: LanguageModel,
  pairs: readonly TokenPair[],
  signal: AbortSignal | undefined,
): Promise<ScoredPair[]> {
  const inputIds = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const given = pairs.flatMap((pair) => [pair.given, pair.given]);
  const ratios = await logRatioSums({ base, tuned }, inputIds, given, signal);
  return pairs.map((pair, i) => ({
    chosen: ratios[2 * i],
    rejected: ratios[2 * i + 1],
    chosenTokens: pair.chosen.length - pair.given,
    rejectedTokens: pair.rejected.length - pair.given,
  }));
}

/** Sums of log p_tuned - log p_base over the tokens of each row that are not given, in nats; all rows in one pass. */
export async function logRatioSums(
  { base, tuned }: { readonly base: LanguageModel; readonly tuned: LanguageModel },
  inputIds: readonly (readonly number[])[],
  given: readonly number[],
  signal?: AbortSignal,
): Promise<number[]> {
  const ofBase = await base.logProbs({ inputIds }, { given, signal });
  const ofTuned = await tuned.logProbs({ inputIds }, { given, signal });
  const width = ofBase.dims[1];
  return inputIds.map((_, row) => {
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at++) sum += ofTuned.data[at] - ofBase.data[at];
    return sum;
  });
}

/** How often an implicit reward agrees with preferences; each a share of the pairs, in which ties count a half. */
export interface PreferenceAccuracy {
  readonly pairs: number;
  /** The chosen answer has the higher implicit reward. */
  readonly accuracy: Interval;
  /** The chosen answer is the longer one: what somebody who only counts tokens would get. */
  readonly longer: Interval;
  /** As `accuracy`, of the implicit reward without what the number of tokens explains of it. */
  readonly lengthControlled: Interval;
  /** As `accuracy`, among pairs of about equal length (10%); its `n` is that of all pairs. */
  readonly sameLength: Interval;
  /** How many pairs are of about equal length. */
  readonly sameLengthPairs: number;
  /** Nats of implicit reward for each further token: the slope that is taken out. */
  readonly natsPerToken: Interval;
}

/**
 * Agreement of implicit rewards with preferences, with 95% intervals over pairs.
 *
 * Length is controlled by least squares of the difference in reward on the difference in tokens, through the origin: so the
 * slope is the same whichever answer was chosen. Where better answers are longer ones this takes out some of the merit as well:
 * the controlled share is a lower bound, and pairs of equal length are the check on it.
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

/** The share of numbers above 0, those that are 0 by half; NaN of none. */
function shareAbove(indices: Int32Array, of: (index: number) => number): number {
  let count = 0;
  for (const i of indices) count += (1 + Math.sign(of(i))) / 2;
  return count / indices.length;
}

/** 0 where all x are 0. */
function slopeThroughOrigin(x: Float64Array, y: Float64Array, indices: Int32Array): number {
  let [products, squares] = [0, 0];
  for (const i of indices) {
    products += x[i] * y[i];
    squares += x[i] * x[i];
  }
  return squares === 0 ? 0 : products / squares;
}
