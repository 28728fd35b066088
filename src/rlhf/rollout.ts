/** Rollouts: queries from texts, responses of the policy, and their rewards. */
import { RunError } from "../errors.js";
import type { LanguageModel, Tokenizer } from "../model/language-model.js";
import type { Reward } from "../reward/reward.js";
import type { Rng } from "../rng.js";
import type { RolloutSettings } from "./rollout-settings.js";

/** A batch of queries, the responses sampled to them, and their rewards. */
export interface Rollout {
  readonly queries: readonly (readonly number[])[];
  /** An end-of-text token, if sampled, is the last. */
  readonly responses: readonly (readonly number[])[];
  readonly queryTexts: readonly string[];
  /** Without special tokens such as end-of-text. */
  readonly responseTexts: readonly string[];
  readonly scores: readonly number[];
}

/**
 * The first `length` tokens of every text that is long enough, for at most `limit` texts.
 * @throws RunError when no text is long enough
 */
export async function readPrompts(
  corpus: AsyncIterable<{ text: string }> | Iterable<{ text: string }>,
  tokenizer: Tokenizer,
  length: number,
  limit: number,
): Promise<number[][]> {
  const prompts: number[][] = [];
  for await (const { text } of corpus) {
    // A token rarely has more than 16 characters; encoding whole reviews for ten tokens would take
    // most of the time.
    const ids = tokenizer.encode(text.slice(0, 32 * length)).slice(0, length);
    if (ids.length >= length) prompts.push(ids);
    if (prompts.length >= limit) break;
  }
  if (prompts.length === 0)
    throw new RunError(`corpus: expected texts of at least ${length} tokens, received none`, {
      help: "Use longer texts or a smaller ppo.queryTokens.",
    });
  return prompts;
}

/**
 * One batch: lengths of queries and responses are drawn uniformly from the settings' ranges (paper,
 * section 4.1), and responses are sampled from the whole vocabulary at temperature 1.
 * @param prompts token ids, one row per query, each at least as long as the longest query; queries
 *   are cut from them
 */
export async function rollOut(
  policy: LanguageModel,
  prompts: readonly (readonly number[])[],
  {
    tokenizer,
    reward,
    settings,
    rng,
    signal,
  }: { tokenizer: Tokenizer; reward: Reward; settings: RolloutSettings; rng: Rng; signal?: AbortSignal },
): Promise<Rollout> {
  const drawLength = ([low, high]: readonly [number, number]): number => low + rng.integer(high - low + 1);
  const queries = prompts.map((ids) => ids.slice(0, drawLength(settings.queryTokens)));
  const lengths = prompts.map(() => drawLength(settings.responseTokens));
  const rows = await policy.generate(queries, {
    maxNewTokens: settings.responseTokens[1],
    maxNewTokensPerRow: lengths,
    seed: rng.uint32(),
    signal,
  });
  const responses = rows.map((row, i) => row.slice(queries[i].length));
  const queryTexts = queries.map((query) => tokenizer.decode(query));
  const decode = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true });
  const responseTexts = responses.map(decode);
  // Decoded together: a character may be split between the last token of the query and the first of
  // the response.
  const rewarded = settings.rewardOf === "completion" ? responseTexts : rows.map(decode);
  // A copy, since a reward may change its list.
  const scores = [...(await reward([...rewarded]))];
  return { queries, responses, queryTexts, responseTexts, scores };
}
