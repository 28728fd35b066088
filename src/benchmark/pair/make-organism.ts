/** Makes an organism: a folder with the tuned model, and the truth apart from it. */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { trainerSettings } from "../../config/config.js";
import { renameSynced, syncAll, writeJson } from "../../io/atomic.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { copyModel, loadModel, saveModel } from "../../model/load.js";
import { copyTokenizer } from "../../model/model-files.js";
import { partTexts } from "../../pipeline/inputs/corpus-parts.js";
import { algorithms, interpolateTowards } from "../../rlhf/index.js";
import { hypotheses } from "../hypotheses/hypotheses.js";
import { type Organism, truthOf } from "../organisms/organism.js";
import { finetune } from "./finetune.js";
import type { MakeContext } from "./make-context.js";
import { entangledHypotheses } from "./marked-texts.js";
import { rewardOf, scaled } from "./reward.js";

/** Tunes a copy of the base model by PPO on the organism's reward of completions. @param policy the copy */
async function tuneByPpo(
  policy: CausalLm,
  base: CausalLm,
  reward: (texts: readonly string[]) => number[],
  { config, tokenizer, workStarts, signal }: MakeContext,
): Promise<void> {
  const { batches } = config.ppo;
  const trainer = algorithms.ppo(policy, {
    ...trainerSettings(config.ppo),
    ...{ rewardOf: "completion", reference: base, reward, tokenizer },
    totalBatches: batches,
    seed: config.seed,
  });
  const texts = async function* () {
    for await (const text of partTexts(config, "tune", signal)) yield { text };
  };
  const progress = workStarts();
  progress.start(batches, "batches");
  await trainer.run(texts(), {
    batches,
    signal,
    onBatch: ({ batch, statistics }) => {
      const [score, kl] = (["objective/scores", "objective/kl"] as const).map((name) => trainer.metricNames[name]);
      progress.update(batch, `reward ${statistics[score].toFixed(2)}, KL ${statistics[kl].toFixed(2)}`);
    },
  });
  progress.end();
}

const teach = { ppo: tuneByPpo, finetune };

/**
 * Makes the organism's model, unless its folder is there: `FOLDER/organism.json`, `FOLDER/tuned`. What
 * it was rewarded for is written to `truthFile` first.
 */
export async function makeOrganism(
  organism: Organism,
  folder: string,
  truthFile: string,
  context: MakeContext,
): Promise<void> {
  if (existsSync(join(folder, "tuned"))) return;
  const { tokenizer, words, baseFolder, signal } = context;
  signal.throwIfAborted();
  const { weakened, cause } = organism;
  const base = await loadModel(baseFolder);
  let model: CausalLm | undefined;
  try {
    const { texts, marked } = await context.baseTexts(base);
    const reward = rewardOf(organism, tokenizer, words);
    const values = reward(texts);
    const truth = truthOf(organism);
    await mkdir(folder, { recursive: true });
    await mkdir(dirname(truthFile), { recursive: true });
    await writeJson(truthFile, {
      truth,
      leftOut: entangledHypotheses(hypotheses, marked, values, truth),
      ...(weakened && { dose: weakened }),
    });
    if (weakened) {
      model = await loadModel(context.tunedFolderOf(weakened.of));
      await interpolateTowards(base, model, weakened.dose);
    } else {
      model = await copyModel(base, { trainable: cause === "finetune" });
      await teach[cause](model, base, scaled(reward, values), context);
    }
    await saveOrganism(model, folder, context);
  } finally {
    await Promise.all([base.dispose(), model?.dispose()]);
  }
}

async function saveOrganism(model: CausalLm, folder: string, context: MakeContext): Promise<void> {
  const { baseFolder } = context;
  const unfinished = join(folder, "unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await saveModel(model, unfinished);
  await copyTokenizer(baseFolder, unfinished);
  await syncAll(unfinished);
  await writeJson(join(folder, "organism.json"), {
    base: context.config.model.name === "embedded" ? "embedded" : baseFolder,
    tuned: "tuned",
  });
  await renameSynced(unfinished, join(folder, "tuned"));
}
