/**
 * Stage: implicit rewards of words and completions, which are log-ratios of the two models and need
 * no autoencoder and no training; compared with the linear reward model R.
 */
import { join } from "node:path";
import {
  attributeTexts,
  compareImplicitRewardWithProbe,
  implicitRewardLexicon,
  mostFrequentWords,
  overRepresentedWords,
  readTokenRewards,
  summariseImplicitReward,
  textAgreement,
  WordTokens,
  wordsByPrompt,
} from "../../interpret/index.js";
import type { Tokenizer } from "../../model/language-model.js";
import { writeImplicitReward } from "../../results/sections/implicit-reward.js";
import { readLexicon } from "../../results/sections/probe.js";
import { partTokens } from "../inputs/corpus-parts.js";
import { givenLexicon, loadRole, loadRunTokenizer, modelRoles, rewardSettings } from "../inputs/models.js";
import { addNeeds, completionNeeds, rolloutNeeds, textsOfLength } from "../run/requirements.js";
import type { Stage, StageContext } from "../run/stage.js";
import { addWork } from "../run/work.js";
import { evaluateStage } from "./evaluate.js";
import { type CompletionRow, completeHeldOut, heldOutWork, readCompletions } from "./files/completions.js";
import { probeStage } from "./probe.js";
import { tuneStage } from "./tune/tune.js";

/** Words of a corpus that count as frequent; nearly all of them are function words. */
const FREQUENT_WORDS = 50;
/** Over-represented words that are listed each way. */
const TOP_WORDS = 20;
/** Taus with an interval, rounded up: 11 of words, 6 in comparison with the probe, 4 of texts. */
const TAUS = 30;

/** The lexicon that the probe rebuilt from the tuned model. */
async function probedWords(folder: string) {
  return (await readLexicon(folder)).flatMap(({ word, tuned, tunedRidge }) =>
    tuned !== null && tunedRidge !== null ? [{ word, leastSquares: tuned, ridge: tunedRidge }] : [],
  );
}

/**
 * Completions of the stage evaluate, or new ones for a pair of models that was tuned outside the
 * run.
 */
async function heldOutCompletions(
  context: StageContext,
  models: Parameters<typeof completeHeldOut>[1],
  tokenizer: Tokenizer,
): Promise<CompletionRow[]> {
  if (evaluateStage.applies!(context.config))
    return readCompletions(join(context.folder, "tuning", "completions.jsonl"));
  return completeHeldOut(context, models, tokenizer);
}

export const implicitRewardStage: Stage = {
  name: "implicit-reward",
  section: "implicitReward",
  // The name of the stage when numbers were first recorded; another name would change the random
  // draws.
  streams: "plain",
  title: "computing implicit rewards",
  needs: [tuneStage.name, evaluateStage.name, probeStage.name],
  settings: ({ model, corpus, reward, ppo, statistics }) => ({
    model,
    corpus,
    reward: rewardSettings(reward),
    ppo,
    statistics,
  }),
  outputs: ["implicit-reward.csv"],
  work(config) {
    const { corpus, ppo, statistics } = config;
    const reading = {
      probTokens: modelRoles.length * corpus.texts.frequency * (ppo.queryTokens[1] + ppo.responseTokens[1]),
      taus700: statistics.resamples * TAUS,
    };
    return tuneStage.applies!(config) ? reading : addWork(reading, heldOutWork(config));
  },
  requires(config) {
    const reading = { texts: [textsOfLength("frequency", 1)], ...rolloutNeeds(config) };
    if (tuneStage.applies!(config)) return reading;
    return addNeeds(reading, completionNeeds("ppo.evaluation", config.ppo.evaluation));
  },
  async run(context) {
    const { config, folder, rng, progress, signal, writeResults } = context;
    const tokenizer = await loadRunTokenizer(config, folder);
    const words = new WordTokens((id) => tokenizer.tokenText(id), givenLexicon(config));
    const models = { base: await loadRole(config, folder, "base"), tuned: await loadRole(config, folder, "tuned") };
    const resampling = (name: string) => ({ rng: rng(`bootstrap ${name}`), resamples: config.statistics.resamples });
    // Contexts as long as those of tuning, since the model was rewarded only in these.
    const { queryTokens, responseTokens } = config.ppo;
    const texts = await partTokens(config, "frequency", tokenizer, {
      maxTokens: queryTokens[1] + responseTokens[1],
      signal,
    });
    const completions = await heldOutCompletions(context, models, tokenizer);
    progress.start(texts.length, "texts");
    const reading = await readTokenRewards(models.base, models.tuned, texts, {
      signal,
      onTexts: (done) => progress.update(done),
    });
    progress.end();
    await Promise.all([models.base.dispose(), models.tuned.dispose()]);
    const lexicon = implicitRewardLexicon(reading, words);
    const of = (model: "base" | "tuned") => completions.filter(({ source }) => source === model);
    await writeImplicitReward(folder, lexicon);
    const counting = {
      words,
      frequentWords: mostFrequentWords(texts, words, FREQUENT_WORDS),
      eosTokenIds: [
        ...(tokenizer.eosTokenId === null ? [] : [tokenizer.eosTokenId]),
        ...models.base.config.eosTokenIds,
      ],
    };
    await writeResults("implicitReward", {
      positions: reading.positions,
      klFromBase: reading.klFromBase,
      lexicon: summariseImplicitReward(lexicon, { rng: rng("shuffled words"), resampling: resampling("words") }),
      againstProbe: compareImplicitRewardWithProbe(lexicon, await probedWords(folder), resampling("against probe")),
      texts: textAgreement(completions, { rng: rng("shuffled rewards"), resampling: resampling("texts") }),
      attribution: attributeTexts(completions, counting, {
        rng: rng("shuffled features"),
        resampling: resampling("attribution"),
      }),
      overRepresented: overRepresentedWords(wordsByPrompt(of("base"), of("tuned"), words), TOP_WORDS, rng("coins")),
    });
  },
};
