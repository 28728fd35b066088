/**
 * Completions of held-out prompts, their rewards, and measures of readability (paper, section 5.1
 * and Table 7).
 */
import type { Edit, LanguageModel, Tokenizer } from "../model/language-model.js";
import type { Reward } from "../reward/reward.js";

/** How prompts are completed. */
export interface SampleOptions {
  readonly tokenizer: Tokenizer;
  readonly newTokens: number;
  /** With the same seed, every model gets the same random numbers for each prompt. */
  readonly seed: number;
  /** Default: the model's own end-of-text tokens. */
  readonly stopTokens?: readonly number[];
  readonly edits?: readonly Edit[];
  readonly signal?: AbortSignal;
  /** Called after each part of the prompts, with the number done so far. */
  onPrompts?(done: number): void;
}

/** How prompts are completed and rewarded. */
export interface EvaluationOptions extends SampleOptions {
  readonly reward: Reward;
}

/** Prompts continued by a model, as tokens and as texts. */
export interface Samples {
  /** Prompt and completion, as token ids. */
  readonly rows: readonly (readonly number[])[];
  readonly completions: readonly string[];
}

/** Completions of prompts with their rewards. */
export interface Completions extends Samples {
  /** Reward of prompt + completion, one per prompt. */
  readonly rewards: readonly number[];
  readonly completionRewards: readonly number[];
}

/** Prompts completed between two reports of progress. */
const PROMPTS_AT_ONCE = 128;

/**
 * Completes every prompt once by sampling from the whole vocabulary at temperature 1.
 * @returns one row and one text per prompt, in their order
 */
export async function samplePrompts(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  { tokenizer, newTokens, seed, stopTokens, edits, signal, onPrompts }: SampleOptions,
): Promise<Samples> {
  const rows: number[][] = [];
  for (let start = 0; start < prompts.length; start += PROMPTS_AT_ONCE) {
    const part = prompts.slice(start, start + PROMPTS_AT_ONCE);
    // Each slice has its own seed, since rows count from 0 in every call of generate.
    rows.push(
      ...(await model.generate(part, { maxNewTokens: newTokens, seed: seed + start, stopTokens, edits, signal })),
    );
    onPrompts?.(rows.length);
  }
  const completions = rows.map((row, i) => decoded(tokenizer, row.slice(prompts[i].length)));
  return { rows, completions };
}

/** Completes every prompt as `samplePrompts`, and rewards the texts. */
export async function completePrompts(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: EvaluationOptions,
): Promise<Completions> {
  const { tokenizer, reward } = options;
  const { rows, completions } = await samplePrompts(model, prompts, options);
  const rewards = [...(await reward(rows.map((row) => decoded(tokenizer, row))))];
  // A copy, since a reward may change its list.
  const completionRewards = [...(await reward([...completions]))];
  return { rows, completions, rewards, completionRewards };
}

const decoded = (tokenizer: Tokenizer, ids: readonly number[]): string =>
  tokenizer.decode(ids, { skipSpecialTokens: true });

/**
 * Number of distinct word bigrams divided by the number of all bigrams, over all texts (Li et al.
 * 2016, distinct-2).
 */
export function distinctBigrams(texts: readonly string[]): number {
  const seen = new Set<string>();
  let total = 0;
  for (const text of texts) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (let i = 0; i + 1 < words.length; i++) {
      seen.add(`${words[i]} ${words[i + 1]}`);
      total++;
    }
  }
  return total === 0 ? 0 : seen.size / total;
}

/**
 * Log-probability of each completion's tokens under a model: one array per row. `onRows` is called
 * with the number of rows done; `rowsAtOnce` are padded to one length and read in one pass.
 * @param promptTokens number of first tokens of each row without log-probability, at least 1
 */
export async function completionLogProbs(
  model: Pick<LanguageModel, "logProbs">,
  rows: readonly (readonly number[])[],
  promptTokens: readonly number[],
  {
    onRows,
    rowsAtOnce = PROMPTS_AT_ONCE,
    ...options
  }: { edits?: readonly Edit[]; signal?: AbortSignal; rowsAtOnce?: number; onRows?(done: number): void } = {},
): Promise<Float64Array[]> {
  const result: Float64Array[] = [];
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const part = rows.slice(start, start + rowsAtOnce);
    const given = promptTokens.slice(start, start + rowsAtOnce);
    const { dims, data } = await model.logProbs({ inputIds: part }, { ...options, given });
    part.forEach((row, i) => {
      const count = row.length - promptTokens[start + i];
      // Rows are padded on the left, so the last `count` predictions are the completion's.
      result.push(Float64Array.from(data.subarray((i + 1) * dims[1] - count, (i + 1) * dims[1])));
    });
    onRows?.(result.length);
  }
  return result;
}
