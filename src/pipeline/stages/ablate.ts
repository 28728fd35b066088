/**
 * Stage: the reward of the tuned model without the labelled features (paper, section 4.4 and Table
 * 5).
 */
import { ablate } from "../../interpret/index.js";
import { readFeatures } from "../../results/features.js";
import { heldOutPrompts } from "../inputs/corpus-parts.js";
import { givenReward, loadRole, loadRunTokenizer, modelRoles, rewardSettings } from "../inputs/models.js";
import { startingProgress } from "../run/progress.js";
import { completionNeeds } from "../run/requirements.js";
import type { Stage } from "../run/stage.js";
import { classifyStage } from "./classify.js";
import { loadSmallDictionaries } from "./files/dictionary-files.js";
import { readDensities } from "./files/evidence-file.js";

/**
 * Assumed share of labelled features among the explained ones, for the estimate of ablating each
 * alone. The true share depends on the run: 0 with random weights, 0.35 to 0.4 in three runs of
 * `default`.
 */
const RELATED_SHARE = 0.15;

export const ablateStage: Stage = {
  name: "ablate",
  title: "ablating features",
  needs: [classifyStage.name],
  settings: ({ model, corpus, reward, ablation, statistics }) => ({
    model,
    corpus,
    reward: rewardSettings(reward),
    ablation,
    statistics,
  }),
  outputs: [],
  work({ ablation, features }, { chosenLayers }) {
    const { kinds, controls, draws, eachFeature, prompts, promptTokens, newTokens } = ablation;
    const tokens = prompts * (promptTokens + newTokens);
    const alone = eachFeature ? RELATED_SHARE * chosenLayers * features.topK : 0;
    return {
      completionTokens: modelRoles.length * tokens,
      editedCompletionTokens: kinds.length * (1 + controls.length * draws + alone) * tokens,
    };
  },
  requires: ({ ablation }) => completionNeeds("ablation", ablation),
  async run({ config, folder, results, rng, progress, signal, writeResults }) {
    const { prompts: _, promptTokens: __, ...settings } = config.ablation;
    const tokenizer = await loadRunTokenizer(config, folder);
    const [base, tuned] = [await loadRole(config, folder, "base"), await loadRole(config, folder, "tuned")];
    const features = (await readFeatures(folder)).filter(({ model }) => model === "tuned");
    const dictionaries = await loadSmallDictionaries(folder, "tuned", results.divergence!.chosen);
    const layers = await Promise.all(
      dictionaries.map(async ({ layer, dictionary }) => {
        const ofLayer = features.filter((feature) => feature.layer === layer);
        return {
          layer,
          dictionary,
          dSae: dictionary.dSae,
          related: ofLayer.filter(({ related }) => related).map(({ feature }) => feature),
          explained: ofLayer.map(({ feature }) => feature),
          densities: await readDensities(folder, "tuned", layer),
        };
      }),
    );
    const prompts = await heldOutPrompts(config, tokenizer, config.ablation, signal);
    const reward = await givenReward(config, signal);
    const result = await ablate({
      base,
      tuned,
      tokenizer,
      reward,
      prompts,
      layers,
      ...settings,
      seed: rng("completions").uint32(),
      rng: rng("draws"),
      resamples: config.statistics.resamples,
      signal,
      onBatch: startingProgress(progress, "completions"),
    });
    progress.end();
    await Promise.all([base.dispose(), tuned.dispose(), reward.dispose?.()]);
    await writeResults("ablate", result);
  },
};
