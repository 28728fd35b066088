/**
 * Stage: locates the difference of base and tuned model: by weights, by dose, by parts of one model
 * in the other, and by features, if the run has dictionaries that both models share.
 */
import {
  carry,
  interchange,
  interchangeTexts,
  type TextPair,
  textsOfParts,
  type WeightPath,
} from "../../interpret/index.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import {
  CARRY_FOLDER,
  type CarriedTensor,
  type CarriedToken,
  type CarriedUnit,
  writeCarry,
} from "../../results/sections/carry.js";
import { elementCount } from "../../runtime/tensor.js";
import { heldOutPrompts } from "../inputs/corpus-parts.js";
import { givenReward, loadRole, loadRunTokenizer, rewardSettings } from "../inputs/models.js";
import { startingProgress } from "../run/progress.js";
import { completionNeeds } from "../run/requirements.js";
import type { Stage, StageContext } from "../run/stage.js";
import { dictionariesStage } from "./dictionaries.js";
import { loadSharedDictionaries } from "./files/dictionary-files.js";
import { tuneStage } from "./tune/tune.js";

/** Groups of parts, and parts outside of blocks, of a model with tied embeddings. */
const [GROUPS, OUTSIDE] = [5, 2];
/** Time of a forward and backward pass, relative to a forward pass. */
const BACKWARD = 3;

function tensorRows({ tensors }: WeightPath, model: CausalLm): CarriedTensor[] {
  return tensors.map(({ name, role: { module, layer = null }, value }) => ({
    ...{ name, module, layer },
    parameters: elementCount(model.store.dims(name)),
    value,
  }));
}

function unitRows({ units }: WeightPath): CarriedUnit[] {
  return units.flatMap(({ kind, layer, values }) =>
    kind === "token" || layer === null ? [] : Array.from(values, (value, unit) => ({ kind, layer, unit, value })),
  );
}

function tokenRows({ units }: WeightPath, pairs: readonly TextPair[], tokenizer: Tokenizer): CarriedToken[] {
  const values = units.find(({ kind }) => kind === "token")!.values;
  const count = (of: "base" | "tuned") => {
    const counts = new Uint32Array(values.length);
    for (const pair of pairs) for (const id of pair[of]) counts[id]++;
    return counts;
  };
  const [inBase, inTuned] = [count("base"), count("tuned")];
  return Array.from(values, (value, id) => ({
    id,
    // An embedding may have more rows than the tokenizer has tokens.
    text: id < tokenizer.vocabSize ? tokenizer.tokenText(id) : "",
    ...{ value, inBase: inBase[id], inTuned: inTuned[id] },
  }));
}

/** The effects of exchanged features; undefined for a run without shared dictionaries. */
async function exchangeFeatures(
  { config, folder, results, rng, progress, signal }: StageContext,
  models: { base: CausalLm; tuned: CausalLm },
  pairs: readonly TextPair[],
) {
  const counts = config.carry.featureCounts;
  if (!results.dictionaries?.shared || counts.length === 0 || pairs.length < 2) return undefined;
  const dictionaries = await loadSharedDictionaries(folder, results.divergence!.chosen);
  progress.start(interchangeTexts(pairs.length, counts.length), "texts");
  const found = await interchange({
    ...models,
    ...{ dictionaries, pairs, counts, signal },
    rng: rng("interchange"),
    resamples: config.statistics.resamples,
    onTexts: (done) => progress.update(done),
  });
  progress.end();
  return found;
}

export const carryStage: Stage = {
  name: "carry",
  title: "locating what tuning changed",
  // For a pair without dictionaries, the command removes these needs.
  needs: [tuneStage.name, dictionariesStage.name],
  settings: ({ model, corpus, reward, carry, statistics }) => ({
    model,
    corpus,
    reward: rewardSettings(reward),
    carry,
    statistics,
  }),
  outputs: [CARRY_FOLDER],
  work({ carry, corpus, dictionaries }, { nLayers }) {
    const { promptTokens, newTokens, pathPoints, doses, rewardedParts, featureCounts } = carry;
    const prompts = Math.min(carry.prompts, corpus.texts.evaluate);
    const tokens = prompts * (promptTokens + newTokens);
    const exchanges = dictionaries.shared && featureCounts.length > 0;
    const exchangedTexts = exchanges ? interchangeTexts(prompts, featureCounts.length) : 0;
    const parts = 2 * nLayers + OUTSIDE + GROUPS;
    const sampled = { none: 0, groups: GROUPS + OUTSIDE, all: parts }[rewardedParts];
    const models = 2 + doses.filter((dose) => dose !== 0 && dose !== 1).length;
    return {
      completionTokens: (models + 2 * sampled) * tokens,
      // Twice one text per model and dose, the path of the weights, and the texts of parts.
      probTokens:
        (2 * models + 2 * BACKWARD * pathPoints) * tokens +
        (textsOfParts(prompts, parts) + exchangedTexts) * (promptTokens + newTokens),
    };
  },
  requires: ({ carry }) => completionNeeds("carry", carry),
  async run(context) {
    const { config, folder, scratch, rng, progress, signal, writeResults } = context;
    const { prompts: _, promptTokens: __, featureCounts: ___, ...settings } = config.carry;
    const tokenizer = await loadRunTokenizer(config, folder);
    const [base, tuned] = [await loadRole(config, folder, "base"), await loadRole(config, folder, "tuned")];
    const prompts = await heldOutPrompts(config, tokenizer, config.carry, signal);
    const reward = await givenReward(config, signal);
    const { summary, path, pairs } = await carry({
      ...{ base, tuned, tokenizer, reward, prompts },
      ...settings,
      seed: rng("completions").uint32(),
      rng: rng("bootstrap"),
      resamples: config.statistics.resamples,
      signal,
      onTexts: startingProgress(progress, "texts"),
    });
    progress.end();
    const exchanged = await exchangeFeatures(context, { base, tuned }, pairs);
    await writeCarry(scratch, {
      tensors: tensorRows(path, base),
      units: unitRows(path),
      tokens: tokenRows(path, pairs, tokenizer),
      features: exchanged?.ranked,
    });
    await Promise.all([base.dispose(), tuned.dispose(), reward.dispose?.()]);
    await writeResults("carry", { ...summary, ...(exchanged && { features: exchanged.summary }) });
  },
};
