/** Implicit rewards of answers: log p_tuned - log p_base, summed over their tokens, in nats. */
import type { LanguageModel } from "../../model/language-model.js";
import { completionLogProbs } from "../../rlhf/evaluate.js";
import { requireOneVocabulary } from "../one-vocabulary.js";

/** A pass of the models begins when so many rows are there. */
const ROWS_PER_PASS = 32;

/** The tokens of a prompt with an answer. */
export interface AnswerRow {
  /** Number of first tokens without implicit reward: the prompt's. */
  readonly given: number;
  readonly ids: readonly number[];
}

/** Number of first tokens of a prompt that all rows begin with. A token that reaches from prompt into answer is none of them. */
export function givenTokens(prompt: readonly number[], ...rows: readonly (readonly number[])[]): number {
  let given = 0;
  while (given < prompt.length && rows.every((row) => row[given] === prompt[given])) given++;
  return given;
}

/**
 * Items with the implicit reward of each of their rows; memory holds the items of a pass.
 * @throws ShapeError when the vocabularies differ; otherwise as `answerLogProbs`
 * @see Rafailov et al. 2023, arXiv:2305.18290, equation 5; its constant per prompt is left out
 */
export async function* rewardedRows<Item>(
  { base, tuned }: { readonly base: LanguageModel; readonly tuned: LanguageModel },
  items: Iterable<Item> | AsyncIterable<Item>,
  rowsOf: (item: Item) => readonly AnswerRow[],
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<{ readonly item: Item; readonly rewards: readonly number[] }> {
  requireOneVocabulary(base, tuned);
  let batch: { item: Item; rows: readonly AnswerRow[] }[] = [];
  const pass = async () => {
    const all = batch.flatMap(({ rows }) => rows);
    const ofBase = await answerLogProbs(base, all, { signal });
    const rewards = answerRewards(ofBase, await answerLogProbs(tuned, all, { signal })).values();
    return batch.map(({ item, rows }) => ({ item, rewards: rows.map(() => rewards.next().value as number) }));
  };
  let rows = 0;
  for await (const item of items) {
    batch.push({ item, rows: rowsOf(item) });
    rows += batch[batch.length - 1].rows.length;
    if (rows < ROWS_PER_PASS) continue;
    yield* await pass();
    [batch, rows] = [[], 0];
  }
  if (rows > 0) yield* await pass();
}

/**
 * Log-probabilities of the answers' tokens under a model, in nats: one array per row, in passes of 32 rows.
 * @throws as `LanguageModel.logProbs`, for a row that is longer than the model's positions
 */
export function answerLogProbs(
  model: Pick<LanguageModel, "logProbs">,
  rows: readonly AnswerRow[],
  options: { readonly signal?: AbortSignal; onRows?(done: number): void } = {},
): Promise<Float64Array[]> {
  // The first token of a row has no prediction.
  const given = rows.map((row) => Math.max(1, row.given));
  const ids = rows.map((row) => row.ids);
  return completionLogProbs(model, ids, given, { ...options, rowsAtOnce: ROWS_PER_PASS });
}

/** Sums of log p_tuned - log p_base, in nats, from `answerLogProbs` of the same rows by both models. */
export function answerRewards(base: readonly Float64Array[], tuned: readonly Float64Array[]): number[] {
  return tuned.map((logProbs, row) => logProbs.reduce((sum, logProb, t) => sum + (logProb - base[row][t]), 0));
}
