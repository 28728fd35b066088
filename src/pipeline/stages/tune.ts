/** Stage: tune the model on the reward by PPO, and measure both models on held-out prefixes (paper, sections 4.1 and 5.1). */
import { copyFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { textValue } from "../../interpret/index.js";
import { readJson, writeJson } from "../../io/atomic.js";
import { appendJsonl, readJsonl, writeJsonl } from "../../io/jsonl.js";
import { openSafetensors, writeSafetensors } from "../../io/safetensors.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { copyModel, loadModel, saveModel } from "../../model/load.js";
import type { TuneResults, TuningSample } from "../../results/results.js";
import type { Reward } from "../../reward/reward.js";
import {
  batchMetrics,
  completePrompts,
  distinctBigrams,
  klWarning,
  PpoTrainer,
  type PpoTrainerState,
} from "../../rlhf/index.js";
import { fallbackNotice } from "../../runtime/engine.js";
import { bootstrapDifference, bootstrapMean } from "../../stats/bootstrap.js";
import { partTexts } from "../inputs/corpus-parts.js";
import { lossOptions } from "../inputs/loss-options.js";
import { givenReward, loadRunTokenizer, roleFolder } from "../inputs/models.js";
import type { Stage, StageContext } from "../run/stage.js";
import { addWork } from "../run/work.js";
import { type CompletionRow, completeHeldOut, heldOutWork } from "./files/completions.js";
import { sampleLines } from "./files/sample-lines.js";

/** Batches between two checkpoints. */
const CHECKPOINT_EVERY = 20;
/** Rows of a sample table. */
const SAMPLES = 4;

/** Keeps the first `batches` lines of a growing file: those that the checkpoint knows of. */
async function trimLog(path: string, batches: number): Promise<void> {
  const rows: object[] = [];
  for await (const row of readJsonl(path, { dropTornTail: true }))
    if ((row as { batch: number }).batch <= batches) rows.push(row as object);
  await writeJsonl(path, rows);
}

/** A trainer at the point where the last checkpoint of this stage stands, or at the beginning. */
async function resumeTrainer(trainer: PpoTrainer, { folder, scratch }: StageContext): Promise<void> {
  const saved = (await readJson(join(scratch, "checkpoint.json")).catch(() => undefined)) as
    | PpoTrainerState
    | undefined;
  if (saved) {
    const file = await openSafetensors(join(scratch, "checkpoint.safetensors"));
    await trainer.restore(saved, async (name) => file.read(name));
    await file.close();
  }
  for (const log of ["metrics.jsonl", "samples.jsonl"]) {
    const path = join(folder, "tuning", log);
    if (saved) await trimLog(path, saved.batches).catch(() => undefined);
    else await rm(path, { force: true });
  }
}

async function saveCheckpoint(trainer: PpoTrainer, scratch: string): Promise<void> {
  const { tensors, values } = await trainer.state();
  await writeSafetensors(join(scratch, "checkpoint.safetensors"), tensors);
  await writeJson(join(scratch, "checkpoint.json"), values);
}

/** Base and tuned side by side on the same queries. */
async function sampleTable(
  context: StageContext,
  batch: number,
  queries: readonly (readonly number[])[],
  models: { base: CausalLm; tuned: CausalLm },
  tokenizer: Tokenizer,
  reward: Reward,
): Promise<TuningSample[]> {
  const seed = context.rng(`samples ${batch}`).uint32();
  const options = { tokenizer, reward, newTokens: context.config.ppo.responseTokens[1], seed };
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

/** Table 7 and what goes with it: reward, readability, and distance from the base model. Keeps the completions. */
async function evaluate(
  context: StageContext,
  base: CausalLm,
  tuned: CausalLm,
  tokenizer: Tokenizer,
): Promise<TuneResults> {
  const { config, folder } = context;
  const rows = await completeHeldOut(context, { base, tuned }, tokenizer);
  await writeJsonl(join(folder, "tuning", "completions.jsonl"), rows);
  const ofBase = rows.filter(({ source }) => source === "base");
  const ofTuned = rows.filter(({ source }) => source === "tuned");
  const { resamples } = config.statistics;
  const mean = (name: string, values: readonly number[]) =>
    bootstrapMean(values, { rng: context.rng(`bootstrap ${name}`), resamples, unit: "prompt" });
  const compare = (name: string, a: readonly number[], b: readonly number[]) => ({
    base: mean(`${name} base`, a),
    tuned: mean(`${name} tuned`, b),
    difference: bootstrapDifference(b, a, {
      rng: context.rng(`bootstrap ${name} difference`),
      resamples,
      unit: "prompt",
    }),
  });
  const perplexity = (name: string, of: readonly CompletionRow[]) => {
    // Mean over prompts of the mean loss per token; the interval is of that mean, then both are raised.
    const losses = mean(
      name,
      of.filter(({ ids }) => ids.length > 0).map(({ ids, baseLogProb }) => -baseLogProb / ids.length),
    );
    return { ...losses, value: Math.exp(losses.value), low: Math.exp(losses.low), high: Math.exp(losses.high) };
  };
  const compareRewards = (name: string, of: "reward" | "completionReward") =>
    compare(
      name,
      ofBase.map((row) => row[of]),
      ofTuned.map((row) => row[of]),
    );
  const texts = (of: readonly CompletionRow[]) => of.map(({ text }) => text);
  const { promptTokens, newTokens } = config.ppo.evaluation;
  return {
    batches: config.ppo.batches,
    promptTokens,
    newTokens,
    reward: compareRewards("reward", "reward"),
    completionReward: compareRewards("completion reward", "completionReward"),
    distinct2: { base: distinctBigrams(texts(ofBase)), tuned: distinctBigrams(texts(ofTuned)) },
    basePerplexity: { base: perplexity("perplexity base", ofBase), tuned: perplexity("perplexity tuned", ofTuned) },
    kl: mean("kl", ofTuned.map(textValue)),
  };
}

async function run(context: StageContext): Promise<void> {
  const { config, folder, scratch, progress, signal, log } = context;
  const baseFolder = await roleFolder(config, folder, "base");
  const reference = await loadModel(baseFolder);
  // What the model is too small for should show before an hour of tuning, not after.
  lossOptions(config, reference.config.dModel);
  const notice = fallbackNotice(await reference.engine.describe());
  if (notice) log(notice);
  const tokenizer = await loadRunTokenizer(config, folder);
  const policy = await copyModel(reference);
  const reward = await givenReward(config);
  const { sampleEvery, evaluation: _, ...settings } = config.ppo;
  const trainer = new PpoTrainer(policy, {
    ...settings,
    rewardedText: config.reward.of,
    reference,
    reward,
    tokenizer,
    totalBatches: config.ppo.batches,
    seed: config.seed,
  });
  await resumeTrainer(trainer, context);
  const texts = async function* () {
    for await (const text of partTexts(config, "tune", signal, log)) yield { text };
  };
  progress.start(config.ppo.batches, "batches", trainer.batchCount);
  let warned = false;
  try {
    await trainer.run(texts(), {
      batches: config.ppo.batches,
      signal,
      onFailure: async ({ batch, rollout }) => {
        const file = join(folder, "tuning", "failed-batch.json");
        await writeJson(file, { batch, klCoef: trainer.klCoef, ...rollout });
        log(`batch ${batch} failed; its queries, responses and scores are kept in ${file}`);
      },
      onBatch: async ({ batch, statistics, rollout }) => {
        await appendJsonl(
          join(folder, "tuning", "metrics.jsonl"),
          batchMetrics(batch, config.ppo.batchSize, statistics),
        );
        const warning = klWarning(statistics, trainer.settings);
        if (warning && !warned) log(`warning: batch ${batch}: ${warning}`);
        warned ||= warning !== undefined;
        if (batch % sampleEvery === 0 || batch === config.ppo.batches) {
          const samples = await sampleTable(
            context,
            batch,
            rollout.queries.slice(0, SAMPLES),
            { base: reference, tuned: policy },
            tokenizer,
            reward,
          );
          for (const sample of samples) await appendJsonl(join(folder, "tuning", "samples.jsonl"), sample);
          for (const line of sampleLines(samples)) log(line);
        }
        if (batch % CHECKPOINT_EVERY === 0) await saveCheckpoint(trainer, scratch);
        progress.update(
          batch,
          `reward ${statistics["ppo/mean_scores"].toFixed(2)}, KL ${statistics["objective/kl"].toFixed(2)}`,
        );
      },
    });
  } catch (error) {
    // What was learned since the last checkpoint is kept when the user stops the run; anything else may have spoilt it.
    if (signal.aborted && trainer.batchCount > 0) await saveCheckpoint(trainer, scratch);
    throw error;
  }
  progress.end();
  await reward.dispose?.();

  await context.writeResults("tune", await evaluate(context, reference, policy, tokenizer));
  const tuned = join(scratch, "tuned");
  await saveModel(policy, tuned);
  const { weight, bias } = await trainer.valueHead();
  await Promise.all([reference.dispose(), policy.dispose()]);
  await writeSafetensors(join(tuned, "value_head.safetensors"), {
    "summary.weight": { dims: [1, weight.length], data: weight },
    "summary.bias": { dims: [1], data: bias },
  });
  const tokenizerFiles = (await readdir(baseFolder)).filter((name) =>
    /^(tokenizer.*|special_tokens_map|vocab)\.json$|^merges\.txt$/.test(name),
  );
  for (const name of tokenizerFiles) await copyFile(join(baseFolder, name), join(tuned, name));
}

export const tuneStage: Stage = {
  name: "tune",
  title: "tuning on the reward",
  needs: [],
  applies: ({ model }) => model.tuned === undefined,
  settings: ({ model, corpus, reward, ppo, statistics }) => ({ model, corpus, reward, ppo, statistics }),
  outputs: ["tuned", "tuning", "tuning/completions.jsonl"],
  run,
  work: (config) => {
    const { batches, batchSize, queryTokens, responseTokens } = config.ppo;
    // Lengths are drawn evenly from their ranges.
    const meanTokens = (queryTokens[0] + queryTokens[1] + responseTokens[0] + responseTokens[1]) / 2;
    const tuning = { ppoBatches: batches, rewardTokens: batches * batchSize * meanTokens };
    return addWork(tuning, heldOutWork(config));
  },
};
