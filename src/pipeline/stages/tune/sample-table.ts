/** Completions of the same queries by base and tuned model, for the log and the report. */
import type { LanguageModel, Tokenizer } from "../../../model/language-model.js";
import type { ModelRole, TuningSample } from "../../../results/results.js";
import type { Reward } from "../../../reward/reward.js";
import { completePrompts } from "../../../rlhf/index.js";
import type { StageContext } from "../../run/stage.js";

export interface SampleInputs {
  readonly models: Readonly<Record<ModelRole, LanguageModel>>;
  readonly tokenizer: Tokenizer;
  readonly reward: Reward;
}

/**
 * Completes each query by both models with the same random numbers, and rewards query and
 * completion.
 */
export async function sampleTable(
  { config, rng }: Pick<StageContext, "config" | "rng">,
  batch: number,
  queries: readonly (readonly number[])[],
  { models, tokenizer, reward }: SampleInputs,
): Promise<TuningSample[]> {
  const seed = rng(`samples ${batch}`).uint32();
  const options = { tokenizer, reward, newTokens: config.ppo.responseTokens[1], seed };
  const base = await completePrompts(models.base, queries, options);
  const tuned = await completePrompts(models.tuned, queries, options);
  return queries.map((query, i) => ({
    batch,
    query: tokenizer.decode(query),
    base: base.completions[i],
    tuned: tuned.completions[i],
    baseReward: base.rewards[i],
    tunedReward: tuned.rewards[i],
  }));
}
