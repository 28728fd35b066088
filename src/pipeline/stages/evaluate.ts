/**
 * Stage: the reward of base and tuned model on completions of held-out prompts (paper, section 5.1
 * and Table 7).
 */
import { join } from "node:path";
import { logRatio } from "../../interpret/index.js";
import { writeJsonl } from "../../io/jsonl.js";
import { readMetrics } from "../../results/read-run.js";
import type { TuneResults, TuningMetrics } from "../../results/results.js";
import { diagnoseKl, distinctBigrams } from "../../rlhf/index.js";
import { bootstrapDifference, bootstrapMean } from "../../stats/bootstrap.js";
import { ratioInterval } from "../../stats/interval.js";
import { loadRole, loadRunTokenizer, rewardSettings } from "../inputs/models.js";
import { completionNeeds } from "../run/requirements.js";
import type { Stage, StageContext } from "../run/stage.js";
import { type CompletionRow, completeHeldOut, heldOutWork } from "./files/completions.js";
import { tuneStage } from "./tune/tune.js";

/** Reward, readability, and distance from the base model. */
function summarise(
  { config, rng }: Pick<StageContext, "config" | "rng">,
  rows: readonly CompletionRow[],
  metrics: readonly TuningMetrics[],
): TuneResults {
  const ofBase = rows.filter(({ source }) => source === "base");
  const ofTuned = rows.filter(({ source }) => source === "tuned");
  const { resamples } = config.statistics;
  const resampling = (name: string) => ({ rng: rng(`bootstrap ${name}`), resamples, unit: "prompt" as const });
  const mean = (name: string, values: readonly number[]) => bootstrapMean(values, resampling(name));
  const compareRewards = (name: string, of: "reward" | "completionReward") => {
    const [base, tuned] = [ofBase, ofTuned].map((source) => source.map((row) => row[of]));
    return {
      base: mean(`${name} base`, base),
      tuned: mean(`${name} tuned`, tuned),
      difference: bootstrapDifference(tuned, base, resampling(`${name} difference`)),
    };
  };
  const perplexity = (name: string, of: readonly CompletionRow[]) => {
    // Mean over prompts of the mean loss per token; perplexity is the exponential of the mean and
    // of its interval.
    const losses = mean(
      name,
      of.filter(({ ids }) => ids.length > 0).map(({ ids, baseLogProb }) => -baseLogProb / ids.length),
    );
    return { ...losses, value: Math.exp(losses.value), low: Math.exp(losses.low), high: Math.exp(losses.high) };
  };
  const distinct2 = (of: readonly CompletionRow[]) => distinctBigrams(of.map(({ text }) => text));
  const { promptTokens, newTokens } = config.ppo.evaluation;
  const klDiagnosis = diagnoseKl(metrics, config.ppo.klTarget);
  return {
    batches: config.ppo.batches,
    promptTokens,
    newTokens,
    reward: compareRewards("reward", "reward"),
    completionReward: compareRewards("completion reward", "completionReward"),
    distinct2: { base: distinct2(ofBase), tuned: distinct2(ofTuned) },
    basePerplexity: { base: perplexity("perplexity base", ofBase), tuned: perplexity("perplexity tuned", ofTuned) },
    kl: mean("kl", ofTuned.map(logRatio)),
    klPerToken: ratioInterval(
      ofTuned.map((row) => ({ sum: logRatio(row), count: row.ids.length })),
      "prompt",
      resampling("kl per token"),
    ),
    ...(klDiagnosis && { klDiagnosis: { ...klDiagnosis, klCoef: [...klDiagnosis.klCoef] } }),
  };
}

export const evaluateStage: Stage = {
  name: "evaluate",
  title: "measuring the reward of both models",
  // Table 7 is about tuning, so its numbers are in that section.
  section: "tune",
  needs: [tuneStage.name],
  applies: tuneStage.applies,
  settings: ({ model, corpus, reward, ppo: { evaluation }, statistics }) => ({
    model,
    corpus,
    reward: rewardSettings(reward),
    evaluation,
    statistics,
  }),
  outputs: ["tuning/completions.jsonl"],
  work: heldOutWork,
  requires: ({ ppo }) => completionNeeds("ppo.evaluation", ppo.evaluation),
  async run(context) {
    const { config, folder, scratch } = context;
    const tokenizer = await loadRunTokenizer(config, folder);
    const models = { base: await loadRole(config, folder, "base"), tuned: await loadRole(config, folder, "tuned") };
    const rows = await completeHeldOut(context, models, tokenizer);
    await Promise.all([models.base.dispose(), models.tuned.dispose()]);
    await writeJsonl(join(scratch, "tuning", "completions.jsonl"), rows);
    const metrics = await readMetrics(folder);
    await context.writeResults("tune", summarise(context, rows, metrics));
  },
};
