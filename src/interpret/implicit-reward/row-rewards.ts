/** Implicit rewards of answers: log p_tuned - log p_base, summed over their tokens, in nats. */
import type { LanguageModel } from "../../model/language-model.js";
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
 * @throws ShapeError when the vocabularies differ; otherwise as `LanguageModel.logProbs`, for a row
 *   that is longer than the models' positions
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
    const rewards = (
      await rewardsOf(
        { base, tuned },
        batch.flatMap(({ rows }) => rows),
        signal,
      )
    ).values();
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

/** The implicit rewards of rows, all in one pass of each model. */
async function rewardsOf(
  { base, tuned }: { readonly base: LanguageModel; readonly tuned: LanguageModel },
  rows: readonly AnswerRow[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const [inputIds, given] = [rows.map(({ ids }) => ids), rows.map((row) => row.given)];
  const ofBase = await base.logProbs({ inputIds }, { given, signal });
  const ofTuned = await tuned.logProbs({ inputIds }, { given, signal });
  const width = ofBase.dims[1];
  return rows.map((_, row) => {
    let sum = 0;
    for (let at = row * width; at < (row + 1) * width; at++) sum += ofTuned.data[at] - ofBase.data[at];
    return sum;
  });
}
