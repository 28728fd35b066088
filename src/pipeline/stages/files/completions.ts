/**
 * Completions of held-out prompts by both models, with rewards and log-probabilities:
 * tuning/completions.jsonl.
 */
import type { Config } from "../../../config/config.js";
import type { ScoredCompletion } from "../../../interpret/index.js";
import { readJsonl } from "../../../io/jsonl.js";
import type { LanguageModel, Tokenizer } from "../../../model/language-model.js";
import type { ModelRole } from "../../../results/results.js";
import { completePrompts, completionLogProbs } from "../../../rlhf/index.js";
import { sum } from "../../../stats/moments.js";
import { heldOutPrompts } from "../../inputs/corpus-parts.js";
import { givenReward, modelRoles } from "../../inputs/models.js";
import type { StageContext } from "../../run/stage.js";
import type { Work } from "../../run/work.js";

/**
 * One line of tuning/completions.jsonl: the base model's completions in the order of the prompts,
 * then the tuned model's.
 */
export interface CompletionRow extends ScoredCompletion {
  text: string;
}

/** Completes every prompt once by each model, with the same random numbers (paper, Table 7). */
export async function completeHeldOut(
  { config, rng, progress, signal }: Pick<StageContext, "config" | "rng" | "progress" | "signal">,
  models: Readonly<Record<ModelRole, LanguageModel>>,
  tokenizer: Tokenizer,
): Promise<CompletionRow[]> {
  const { newTokens } = config.ppo.evaluation;
  const prompts = await heldOutPrompts(config, tokenizer, config.ppo.evaluation, signal);
  const reward = await givenReward(config, signal);
  const seed = rng("evaluation").uint32();
  const lengths = prompts.map((prompt) => prompt.length);
  const rows: CompletionRow[] = [];
  progress.start(modelRoles.length * prompts.length, "completions");
  for (const source of modelRoles) {
    const found = await completePrompts(models[source], prompts, {
      tokenizer,
      reward,
      newTokens,
      seed,
      signal,
      onPrompts: (done) => progress.update(rows.length + done),
    });
    const byBase = await completionLogProbs(models.base, found.rows, lengths, { signal });
    const byTuned = await completionLogProbs(models.tuned, found.rows, lengths, { signal });
    for (const [prompt, row] of found.rows.entries())
      rows.push({
        prompt,
        source,
        text: found.completions[prompt],
        ids: row.slice(lengths[prompt]),
        reward: found.rewards[prompt],
        completionReward: found.completionRewards[prompt],
        baseLogProb: sum(byBase[prompt]),
        tunedLogProb: sum(byTuned[prompt]),
      });
  }
  progress.end();
  await reward.dispose?.();
  return rows;
}

/** The work of `completeHeldOut`: both models read all texts, the reward each completion twice. */
export function heldOutWork({ ppo }: Config): Work {
  const { prompts, promptTokens, newTokens } = ppo.evaluation;
  const completions = modelRoles.length * prompts;
  const tokens = completions * (promptTokens + newTokens);
  return {
    completionTokens: tokens,
    probTokens: modelRoles.length * tokens,
    rewardTokens: tokens + completions * newTokens,
  };
}

/** @throws FormatError when the file is missing or damaged */
export async function readCompletions(path: string): Promise<CompletionRow[]> {
  const rows: CompletionRow[] = [];
  for await (const row of readJsonl(path)) rows.push(row as CompletionRow);
  return rows;
}
