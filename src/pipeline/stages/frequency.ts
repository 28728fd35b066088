/**
 * Stage: frequency of labelled features where R predicts a high reward (paper, section 5.2 and
 * Table 6).
 */
import { join } from "node:path";
import { activationFrequency, encodeTexts, WordTokens } from "../../interpret/index.js";
import { readFeatures } from "../../results/features.js";
import type { FrequencyResults } from "../../results/results.js";
import { partTokens } from "../inputs/corpus-parts.js";
import { givenLexicon, loadRole, loadRunTokenizer, modelRoles, TEXTS_PER_PASS } from "../inputs/models.js";
import { readingNeeds, type TextNeed, textsOfLength } from "../run/requirements.js";
import type { Stage } from "../run/stage.js";
import { encodersOf, loadSmallDictionaries, probeEdits } from "./files/dictionary-files.js";
import { readProbe } from "./files/probe-file.js";

const lexiconWordNeed: TextNeed = {
  part: "frequency",
  expected: "a text with a word of the lexicon",
  begin: (words) => (ids) => [...words.words(ids)].some(({ word }) => words.lexicon.has(word)),
};

export const frequencyStage: Stage = {
  name: "frequency",
  title: "counting activations",
  needs: ["classify", "probe"],
  settings: ({ corpus, dictionaries, probe, frequency, statistics, reward: { lexicon } }) => ({
    corpus,
    dictionaries,
    probe,
    frequency,
    statistics,
    reward: { lexicon },
  }),
  outputs: [],
  work: ({ corpus }, { textTokens }) => ({ readTokens: modelRoles.length * corpus.texts.frequency * textTokens }),
  requires: (config) => ({
    texts: [config.frequency.at === "everyToken" ? textsOfLength("frequency", 1) : lexiconWordNeed],
    ...readingNeeds(config, "frequency"),
  }),
  async run({ config, folder, results, rng, progress, signal, writeResults }) {
    const layers = results.divergence!.chosen;
    const tokenizer = await loadRunTokenizer(config, folder);
    const words = new WordTokens((id) => tokenizer.tokenText(id), givenLexicon(config));
    const features = await readFeatures(folder);
    const texts = await partTokens(config, "frequency", tokenizer, {
      maxTokens: config.dictionaries.maxTokens,
      signal,
    });
    const models: FrequencyResults["models"] = [];
    progress.start(modelRoles.length * texts.length, "texts");
    for (const [index, role] of modelRoles.entries()) {
      const model = await loadRole(config, folder, role);
      const dictionaries = await loadSmallDictionaries(folder, role, layers);
      const stream = encodeTexts(model, encodersOf(dictionaries), texts, {
        batchSize: TEXTS_PER_PASS,
        edits: probeEdits(config, dictionaries),
        signal,
        onBatch: (done) => progress.update(index * texts.length + done),
      });
      const related = layers.map((layer) => ({
        layer,
        features: features
          .filter((feature) => feature.model === role && feature.layer === layer && feature.related)
          .map(({ feature }) => feature),
      }));
      const frequency = await activationFrequency(stream, {
        probe: await readProbe(join(folder, "probe.safetensors"), role, layers),
        related,
        words,
        at: config.frequency.at,
        threshold: config.probe.threshold,
        rng: rng(`bootstrap ${role}`),
        resamples: config.statistics.resamples,
      });
      models.push({ model: role, ...frequency });
      await model.dispose();
    }
    progress.end();
    await writeResults("frequency", { models });
  },
};
