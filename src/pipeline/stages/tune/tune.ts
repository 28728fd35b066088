/** Stage: tunes the model on the reward (paper, section 4.1). */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { trainerSettings } from "../../../config/config.js";
import { FormatError } from "../../../errors.js";
import { messageOf, renameSynced, syncAll, writeJson } from "../../../io/atomic.js";
import { readCheckedJson, writeCheckedJson } from "../../../io/checked-json.js";
import { appendJsonl } from "../../../io/jsonl.js";
import { writeSafetensors } from "../../../io/safetensors.js";
import type { CausalLm } from "../../../model/causal-lm.js";
import { copyModel, loadModel, saveModel } from "../../../model/load.js";
import { machineMemory, memoryNote, memoryOf } from "../../../model/memory.js";
import { copyTokenizer } from "../../../model/model-files.js";
import { OutputChecks } from "../../../results/outputs.js";
import type { WrittenFile } from "../../../results/run-record.js";
import {
  algorithms,
  batchMetrics,
  interpolateTowards,
  type RunOptions,
  type Trainer,
  WeightAverage,
} from "../../../rlhf/index.js";
import { fallbackNotice } from "../../../runtime/engine.js";
import { sampleTexts } from "../../../tracking/sample-texts.js";
import { logRepeats, partTexts } from "../../inputs/corpus-parts.js";
import { givenReward, loadRunTokenizer, rewardSettings, roleFolders } from "../../inputs/models.js";
import { type ModelFacts, type ModelNeeds, rolloutNeeds, textsOfLength } from "../../run/requirements.js";
import type { Stage, StageContext } from "../../run/stage.js";
import { sampleLines } from "../files/sample-lines.js";
import { type Resumable, resumeFromCheckpoint, saveCheckpoint } from "./checkpoint.js";
import { type SampleInputs, sampleTable } from "./sample-table.js";

/** The folder of the tuned model. */
const OUTPUT = "tuned";
/** The folder of the logs. */
const LOGS = "tuning";
/** Batches between two checkpoints. */
const CHECKPOINT_EVERY = 20;
/** Rows of a sample table. */
const SAMPLES = 4;

async function run(context: StageContext): Promise<void> {
  const { config, folder, results, log, signal } = context;
  // A continued tuning may not read its texts again.
  if (results.corpus) await context.writeResults("corpus", results.corpus);
  if (await isTrained(context)) return;
  const { folder: baseFolder } = await roleFolders(config, folder, "base");
  const reference = await loadModel(baseFolder);
  const notice = fallbackNotice(await reference.engine.describe());
  if (notice) log(notice);
  const tokenizer = await loadRunTokenizer(config, folder);
  const policy = await copyModel(reference);
  const reward = await givenReward(config, signal);
  const { batches, interpolation } = config.ppo;
  const trainer = algorithms.ppo(policy, {
    ...trainerSettings(config.ppo),
    rewardOf: config.reward.of,
    reference,
    reward,
    tokenizer,
    totalBatches: batches,
    seed: config.seed,
  });
  const average = new WeightAverage(policy);
  await resumeFromCheckpoint(withAverage(trainer, average), context, log);
  await train(context, trainer, average, { models: { base: reference, tuned: policy }, tokenizer, reward });
  await reward.dispose?.();
  await average.apply();
  await interpolateTowards(reference, policy, interpolation);
  await saveTuned(policy, trainer, baseFolder, context);
  await Promise.all([reference.dispose(), policy.dispose()]);
}

/**
 * Trains from the trainer's current batch to the last, with regular checkpoints and one when the
 * user stops the run.
 */
async function train(
  context: StageContext,
  trainer: Trainer,
  average: WeightAverage,
  inputs: SampleInputs,
): Promise<void> {
  const { config, progress, signal, log, writeResults } = context;
  const { batches } = config.ppo;
  const onRepeats = async (repeatedRows: number): Promise<void> => {
    logRepeats(repeatedRows, log);
    await writeResults("corpus", { repeatedRows });
  };
  const texts = async function* () {
    for await (const text of partTexts(config, "tune", signal, onRepeats)) yield { text };
  };
  progress.start(batches, "batches", trainer.batchCount);
  try {
    await trainer.run(texts(), { batches, signal, ...observer(context, trainer, average, inputs) });
  } catch (error) {
    // After an error other than a stop, the state may be invalid, so no checkpoint is saved.
    if (signal.aborted && trainer.batchCount > 0) await saveCheckpoint(withAverage(trainer, average), context);
    throw error;
  }
  // A failed earlier attempt may have written it.
  await rm(failedBatch(context), { force: true });
  progress.end();
}

/** A trainer and the average of its policy's weights, with one common state. */
const withAverage = (trainer: Trainer, average: WeightAverage): Resumable => ({
  async state() {
    const { values, tensors } = await trainer.state();
    const averaged = average.state();
    return { values: { trainer: values, averaged: averaged.count }, tensors: { ...tensors, ...averaged.tensors } };
  },
  async restore({ values, tensors }) {
    const saved = z.object({ trainer: z.unknown(), averaged: z.int().nonnegative() }).safeParse(values);
    if (!saved.success) throw new FormatError("checkpoint of tuning", "its values are not those of a trainer");
    await trainer.restore({ values: saved.data.trainer, tensors });
    average.restore(saved.data.averaged, tensors);
  },
});

const failedBatch = ({ folder }: Pick<StageContext, "folder">): string => join(folder, LOGS, "failed-batch.json");

/** Logs every batch: metrics, samples and warnings. */
function observer(
  context: StageContext,
  trainer: Trainer,
  average: WeightAverage,
  inputs: SampleInputs,
): Pick<RunOptions, "onBatch" | "onFailure"> {
  const { config, folder, progress, log } = context;
  const { batches, batchSize, sampleEvery, averageBatches } = config.ppo;
  const tracked = context.track("tune", trainer.batchCount);
  let warned = false;
  return {
    onFailure: async ({ batch, rollout }) => {
      const file = failedBatch(context);
      await writeJson(file, { batch, ...trainer.values, ...rollout });
      log(`batch ${batch} failed; its queries, responses and scores are saved in ${file}`);
    },
    onBatch: async ({ batch, statistics, rollout }) => {
      const metrics = batchMetrics(trainer.metricNames, { batch, batchSize }, statistics);
      await appendJsonl(join(folder, LOGS, "metrics.jsonl"), metrics);
      const { batch: _, ...scalars } = metrics;
      tracked.log(batch, scalars);
      const note = trainer.noteOf(statistics);
      if (note) log(note);
      const warning = trainer.warningOf(statistics);
      if (warning && !warned) log(`warning: batch ${batch}: ${warning}`);
      warned ||= warning !== undefined;
      if (batch % sampleEvery === 0 || batch === batches) {
        const samples = await sampleTable(context, batch, rollout.queries.slice(0, SAMPLES), inputs);
        for (const sample of samples) await appendJsonl(join(folder, LOGS, "samples.jsonl"), sample);
        tracked.text(batch, sampleTexts(samples));
        for (const line of sampleLines(samples)) log(line);
      }
      if (batch > batches - averageBatches) await average.add();
      if (batch % CHECKPOINT_EVERY === 0) await saveCheckpoint(withAverage(trainer, average), context);
      const [reward, kl] = [metrics["objective/scores"], metrics["objective/kl"]];
      progress.update(batch, `reward ${reward.toFixed(2)}, KL ${kl.toFixed(2)}`);
    },
  };
}

/**
 * Writes the tuned model's folder to scratch, atomically: weights, tokenizer, and further trained
 * weights such as the value head.
 */
async function saveTuned(
  policy: CausalLm,
  trainer: Trainer,
  baseFolder: string,
  { folder, scratch }: StageContext,
): Promise<void> {
  const unfinished = join(scratch, "unfinished-model");
  await rm(unfinished, { recursive: true, force: true });
  await saveModel(policy, unfinished);
  for (const [file, tensors] of Object.entries(await trainer.heads()))
    await writeSafetensors(join(unfinished, file), tensors);
  await copyTokenizer(baseFolder, unfinished);
  await syncAll(unfinished);
  await writeCheckedJson(savedFile(scratch), await describeTrained(unfinished, folder));
  await renameSynced(unfinished, join(scratch, OUTPUT));
}

/** The file in scratch with the hashes of the tuned model and of the logs, until the stage is done. */
const savedFile = (scratch: string): string => join(scratch, "tuned.json");

/** Sizes and hashes of a model's files, wherever its folder is, and of the run's logs of tuning. */
async function describeTrained(model: string, runFolder: string): Promise<Record<string, WrittenFile>> {
  const files = await new OutputChecks(dirname(model)).describe([basename(model)], []);
  const named = Object.entries(files).map(([name, file]) => [`${OUTPUT}/${basename(name)}`, file] as const);
  return { ...Object.fromEntries(named), ...(await new OutputChecks(runFolder).describe([LOGS], [])) };
}

/**
 * Whether the model was trained and saved before the run was stopped. If the model or a log was
 * changed since, the model is removed with a warning.
 */
async function isTrained({ folder, scratch, log }: StageContext): Promise<boolean> {
  const at = [scratch, folder].find((place) => existsSync(join(place, OUTPUT)));
  if (at === undefined) return false;
  const model = join(at, OUTPUT);
  try {
    const saved = await readCheckedJson(savedFile(scratch));
    const found = await describeTrained(model, folder);
    const names = Object.keys({ ...saved, ...found });
    const changed = names.find((name) => !isDeepStrictEqual(saved[name], found[name]));
    if (changed === undefined) return true;
    throw new FormatError(changed, "is not as it was saved");
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    log(
      `the tuned model cannot be used; tuning continues from its last checkpoint, if there is one: ${messageOf(error)}`,
    );
    await rm(model, { recursive: true });
    return false;
  }
}

/**
 * Disk needs: the tuned model and checkpoints, each with parameters and Adam's two moments. The old
 * checkpoint is removed when the new one is complete.
 */
function modelNeeds({ ppo }: StageContext["config"], size: ModelFacts): ModelNeeds {
  const model = 4 * size.parameters;
  const checkpoints = Math.floor(ppo.batches / CHECKPOINT_EVERY);
  const most = 3 * model * Math.min(2, checkpoints);
  const memory = memoryOf(size).tuning;
  const notes = memory > machineMemory() ? [memoryNote(`to train ${size.parameters} parameters`, memory)] : [];
  return { notes, disk: { kept: model, most: Math.max(most, (checkpoints > 0 ? 3 * model : 0) + model) } };
}

export const tuneStage: Stage = {
  name: "tune",
  title: "tuning on the reward",
  // The stage evaluate writes the section `tune`.
  section: "corpus",
  streams: "tune",
  needs: [],
  applies: ({ model }) => model.tuned === undefined,
  settings: ({ model, corpus, reward, ppo: { evaluation: _, ...ppo } }) => ({
    model,
    corpus,
    reward: rewardSettings(reward),
    ppo,
  }),
  outputs: [OUTPUT, LOGS],
  work: ({ ppo: { batches, batchSize, queryTokens, responseTokens } }) => {
    // Lengths are drawn uniformly from their ranges.
    const meanTokens = (queryTokens[0] + queryTokens[1] + responseTokens[0] + responseTokens[1]) / 2;
    return { ppoBatches: batches, rewardTokens: batches * batchSize * meanTokens };
  },
  requires: (config) => ({
    texts: [textsOfLength("tune", config.ppo.queryTokens[1], { setting: "ppo.queryTokens" })],
    ...rolloutNeeds(config),
    reward: true,
    ofModel: (facts) => modelNeeds(config, facts),
  }),
  run,
};
