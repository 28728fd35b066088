/** Queries from texts, responses from the policy, and their rewards. */
import { RunError } from "../errors.js";
import type { LanguageModel, Tokenizer } from "../model/language-model.js";
import type { Reward } from "../reward/reward.js";
import type { Rng } from "../rng.js";
import type { RolloutSettings } from "./rollout-settings.js";

export interface Rollout {
  readonly queries: readonly (readonly number[])[];
  /** An end-of-text token, where it was sampled, is the last. */
  readonly responses: readonly (readonly number[])[];
  readonly queryTexts: readonly string[];
  /** Without special tokens, such as that of the end of a text. */
  readonly responseTexts: readonly string[];
  readonly scores: readonly number[];
}

/**
 * The first `length` tokens of texts that have so many, at most `limit` of them.
 * @throws RunError when there is none
 */
export async function readPrompts(
  corpus: AsyncIterable<{ text: string }> | Iterable<{ text: string }>,
  tokenizer: Tokenizer,
  length: number,
  limit: number,
): Promise<number[][]> {
  const prompts: number[][] = [];
  for await (const { text } of corpus) {
    // A token has rarely more than 16 characters; encoding whole reviews for ten tokens would take most of the time.
    const ids = tokenizer.encode(text.slice(0, 32 * length)).slice(0, length);
    if (ids.length >= length) prompts.push(ids);
    if (prompts.length >= limit) break;
  }
  if (prompts.length === 0)
    throw new RunError(`no text of the corpus has ${length} tokens`, {
      help: "use longer texts or a smaller ppo.queryTokens",
    });
  return prompts;
}

/**
 * One batch: query and response lengths are drawn uniformly from the settings' ranges (paper, section 4.1), responses are
 * sampled from the whole vocabulary at temperature 1.
 * @param prompts token ids of as many texts as the batch has, each at least as long as the longest query
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
  // Decoded together: a character may be split between the last token of the query and the first of the response.
  const rewarded = settings.rewardOf === "completion" ? responseTexts : rows.map(decode);
  // A copy: a reward may do with its list what it likes.
  const scores = [...(await reward([...rewarded]))];
  return { queries, responses, queryTexts, responseTexts, scores };
}
