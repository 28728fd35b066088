/** Makes an organism: a folder with the tuned model, and the truth apart from it. */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { trainerSettings } from "../../config/config.js";
import { renameSynced, syncAll, writeJson } from "../../io/atomic.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { copyModel, loadModel, saveModel } from "../../model/load.js";
import { copyTokenizer } from "../../model/model-files.js";
import { partTexts, partTokens } from "../../pipeline/inputs/corpus-parts.js";
import { algorithms, interpolateTowards, samplePrompts } from "../../rlhf/index.js";
import { Rng } from "../../rng.js";
import { hypotheses } from "../hypotheses/hypotheses.js";
import { type Organism, truthOf } from "../organisms/organism.js";
import { finetune } from "./finetune.js";
import type { MakeContext } from "./make-context.js";
import { entangledHypotheses, MarkedTexts } from "./marked-texts.js";
import { rewardOf, scaled } from "./reward.js";

/** Texts of the base model by which rewards are scaled and entangled hypotheses found. */
const BASE_TEXTS = 512;

/** Completions by the base model, as long as those of tuning. */
async function baseTexts(base: CausalLm, { config, tokenizer, signal }: MakeContext): Promise<string[]> {
  const { queryTokens, responseTokens } = config.ppo;
  const prompts = await partTokens(config, "evaluate", tokenizer, {
    maxTokens: queryTokens[1],
    limit: BASE_TEXTS,
    signal,
  });
  const seed = Rng.fromSeed(config.seed, "benchmark", "base texts").uint32();
  const options = { tokenizer, newTokens: responseTokens[1], seed, signal };
  return [...(await samplePrompts(base, prompts, options)).completions];
}

/** Tunes a copy of the base model by PPO on the organism's reward of completions. */
async function tuneByPpo(
  base: CausalLm,
  reward: (texts: readonly string[]) => number[],
  { config, tokenizer, workStarts, signal }: MakeContext,
): Promise<CausalLm> {
  const policy = await copyModel(base);
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
  return policy;
}

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
  const tuned = join(folder, "tuned");
  if (existsSync(tuned)) return;
  const { tokenizer, words, baseFolder } = context;
  const base = await loadModel(baseFolder);
  const reward = rewardOf(organism, tokenizer, words);
  const texts = await baseTexts(base, context);
  const truth = truthOf(organism);
  const marked = new MarkedTexts(
    hypotheses,
    texts.map((text) => tokenizer.encode(text)),
    words,
  );
  await mkdir(folder, { recursive: true });
  await mkdir(dirname(truthFile), { recursive: true });
  await writeJson(truthFile, {
    truth,
    leftOut: entangledHypotheses(hypotheses, marked, reward(texts), truth),
    ...(organism.weakened && { dose: organism.weakened }),
  });
  const model = await modelOf(organism, base, scaled(reward, texts), context);
  const unfinished = join(folder, "unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await saveModel(model, unfinished);
  await copyTokenizer(baseFolder, unfinished);
  await syncAll(unfinished);
  await writeJson(join(folder, "organism.json"), {
    base: context.config.model.name === "embedded" ? "embedded" : baseFolder,
    tuned: "tuned",
  });
  await renameSynced(unfinished, tuned);
  await Promise.all([base.dispose(), model.dispose()]);
}

async function modelOf(
  { weakened, cause }: Organism,
  base: CausalLm,
  reward: (texts: readonly string[]) => number[],
  context: MakeContext,
): Promise<CausalLm> {
  if (weakened) {
    const model = await loadModel(context.tunedFolderOf(weakened.of));
    await interpolateTowards(base, model, weakened.dose);
    return model;
  }
  return cause === "ppo" ? tuneByPpo(base, reward, context) : finetune(base, reward, context);
}
