/** Whether the implicit reward of a tuned model tells wanted completions from unwanted ones, of data without pairs. */
import { ShapeError } from "../../errors.js";
import type { LanguageModel, Tokenizer } from "../../model/language-model.js";
import { areaUnderCurve } from "../../stats/auroc.js";
import { bootstrapAll, type Interval } from "../../stats/index.js";
import type { Resampling } from "../../stats/interval.js";
import { mean } from "../../stats/moments.js";
import { type AnswerRow, givenTokens, rewardedRows } from "./row-rewards.js";

/** A prompt with its completion in tokens. */
export interface TokenCompletion extends AnswerRow {
  readonly wanted: boolean;
}

/** The tokens of a prompt with its completion, tokenized as one text. A token that reaches from one into the other is judged. */
export function tokenCompletion(
  tokenizer: Pick<Tokenizer, "encode">,
  { prompt, completion, label }: { readonly prompt: string; readonly completion: string; readonly label: boolean },
): TokenCompletion {
  const [asked, ids] = [tokenizer.encode(prompt), tokenizer.encode(prompt + completion)];
  return { given: givenTokens(asked, ids), ids, wanted: label };
}

/** A completion with its implicit reward: the sum of log p_tuned - log p_base over its tokens, in nats. */
export interface ScoredLabel {
  readonly reward: number;
  readonly tokens: number;
  readonly wanted: boolean;
}

/** Implicit rewards of completions. Memory and @throws as `rewardedRows`. */
export async function* scoreLabelled(
  models: { readonly base: LanguageModel; readonly tuned: LanguageModel },
  completions: Iterable<TokenCompletion> | AsyncIterable<TokenCompletion>,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<ScoredLabel> {
  for await (const { item, rewards } of rewardedRows(models, completions, (row) => [row], options))
    yield scoredLabel(item, rewards[0]);
}

/** A completion with its implicit reward. */
export function scoredLabel({ ids, given, wanted }: TokenCompletion, reward: number): ScoredLabel {
  return { reward, tokens: ids.length - given, wanted };
}

/**
 * The share of all pairs of a wanted and an unwanted completion in which the wanted one is higher, ties by half: the area
 * under the ROC curve. Their prompts differ, so the constant that each prompt has in the implicit reward does not cancel here as
 * it does between two answers to one prompt; the share is a lower one for that.
 */
export interface LabelAccuracy {
  readonly wanted: number;
  readonly unwanted: number;
  /** By implicit reward. */
  readonly accuracy: Interval;
  /** By number of tokens. */
  readonly longer: Interval;
  /** By implicit reward less what a line over the number of tokens explains of it. */
  readonly lengthControlled: Interval;
}

/**
 * How well implicit rewards tell wanted from unwanted completions, with 95% intervals over completions.
 * @throws ShapeError unless there are both wanted and unwanted ones
 */
export function labelAccuracy(scored: readonly ScoredLabel[], { rng, resamples }: Resampling): LabelAccuracy {
  const wanted = scored.filter((one) => one.wanted).length;
  if (wanted === 0 || wanted === scored.length)
    throw new ShapeError(`labels: expected both true and false, received ${wanted} true of ${scored.length}`);
  const [rewards, tokens] = [scored.map(({ reward }) => reward), scored.map((one) => one.tokens)];
  const statistics = (drawn: Int32Array): number[] => {
    const of = (values: readonly number[]) => Array.from(drawn, (i) => values[i]);
    const [y, x, isWanted] = [of(rewards), of(tokens), Array.from(drawn, (i) => scored[i].wanted)];
    const slope = slopeOf(x, y);
    const controlled = y.map((value, i) => value - slope * x[i]);
    return [y, x, controlled].map((values) => areaUnderCurve(values, isWanted));
  };
  const [accuracy, longer, lengthControlled] = bootstrapAll(scored.length, statistics, {
    rng,
    resamples,
    unit: "text",
  });
  return { wanted, unwanted: scored.length - wanted, accuracy, longer, lengthControlled };
}

/** Of least squares with intercept; 0 where x does not vary. */
function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  let [products, squares] = [0, 0];
  for (const [i, value] of x.entries()) {
    products += (value - meanX) * (y[i] - meanY);
    squares += (value - meanX) ** 2;
  }
  return squares === 0 ? 0 : products / squares;
}
