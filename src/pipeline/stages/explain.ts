/** Stage: explains the best matched features, or those that changed most (paper, section 4.4). */
import { hasTwoSizes } from "../../config/given-dictionaries.js";
import { collectEvidence, encodeTexts, explainFeatures, type TextCodes, withPromoted } from "../../interpret/index.js";
import { type ExplainedFeatureLine, explainedFile, writeExplained } from "../../results/sections/explain.js";
import { dictionaryTexts, FEWEST_TEXTS, FEWEST_TOKENS, HELD_OUT_SHARE } from "../inputs/dictionary-texts.js";
import { configuredExplainer, explainerSettings } from "../inputs/explainer.js";
import { logEstimate } from "../inputs/llm.js";
import { loadRole, loadRunTokenizer, modelRoles, TEXTS_PER_PASS } from "../inputs/models.js";
import { readingNeeds, textsOfLength } from "../run/requirements.js";
import type { Stage } from "../run/stage.js";
import { chooseFeatures, withoutMatch } from "./choose-features.js";
import { describeDirections } from "./feature-directions.js";
import { encodersOf, type LayerDictionary, loadSmallDictionaries } from "./files/dictionary-files.js";
import { evidenceHalves, writeDensities, writeEvidence } from "./files/evidence-file.js";

/**
 * Assumed share of tokens on which a feature is active, for the size of the evidence. The true
 * share depends on training.
 */
const ACTIVE_SHARE = 0.1;

/** Counts the tokens on which each feature is active, in a stream of codes. */
class Activity {
  private readonly counts: Float64Array[];
  private tokens = 0;

  constructor(private readonly dictionaries: readonly LayerDictionary[]) {
    this.counts = dictionaries.map(({ dictionary }) => new Float64Array(dictionary.dSae));
  }

  async *watch(stream: AsyncIterable<TextCodes>): AsyncGenerator<TextCodes> {
    for await (const text of stream) {
      this.tokens += text.tokens.length;
      text.codes.forEach((codes, i) => {
        const counts = this.counts[i];
        for (let at = 0; at < codes.length; at++) if (codes[at] > 0) counts[at % counts.length]++;
      });
      yield text;
    }
  }

  densities(): Map<number, Float64Array> {
    return new Map(
      this.dictionaries.map(({ layer }, i) => [layer, this.counts[i].map((count) => count / this.tokens)]),
    );
  }
}

export const explainStage: Stage = {
  name: "explain",
  title: "explaining features",
  needs: ["dictionaries", "match"],
  settings: (config) => ({
    corpus: config.corpus,
    dictionaries: config.dictionaries,
    features: config.features,
    explainer: explainerSettings(config),
    reward: { lexicon: config.reward.lexicon },
  }),
  outputs: [explainedFile, "evidence"],
  work(config, { textTokens }) {
    const tokens = modelRoles.length * HELD_OUT_SHARE * config.corpus.texts.dictionaries * textTokens;
    // The half that explains is read once more where features are chosen by their change.
    return { readTokens: hasTwoSizes(config) ? tokens : 1.5 * tokens };
  },
  requires: (config) => ({
    texts: [textsOfLength("dictionaries", FEWEST_TOKENS, { atLeast: FEWEST_TEXTS })],
    ...readingNeeds(config, "dictionaries"),
    llm: config.explainer.name === "llm",
    ofModel({ chosenLayers }) {
      const { corpus, dictionaries, features } = config;
      const tokens = HELD_OUT_SHARE * corpus.texts.dictionaries * dictionaries.maxTokens;
      // A position and a code for each active token of a feature.
      const kept = modelRoles.length * chosenLayers * features.topK * tokens * ACTIVE_SHARE * 8;
      return { disk: { kept, most: kept }, notes: hasTwoSizes(config) ? [] : [withoutMatch] };
    },
  }),
  async run(context) {
    const { config, folder, results, progress, signal } = context;
    const layers = results.divergence!.chosen;
    const tokenizer = await loadRunTokenizer(config, folder);
    const { heldOut: texts } = await dictionaryTexts(config, tokenizer, signal);
    const { explainer, chat, logSpent } = await configuredExplainer(context, tokenizer);
    const { examplesShown } = config.features;
    const lines: ExplainedFeatureLine[] = [];
    const ofRole = {
      base: await loadSmallDictionaries(folder, "base", layers),
      tuned: await loadSmallDictionaries(folder, "tuned", layers),
    };
    const halves = evidenceHalves(texts);
    const chosen = await chooseFeatures(context, ofRole, new Map(halves).get("explaining")!);
    const features = chosen.reduce((sum, { top }) => sum + top.length, 0);
    if (chat) logEstimate(context, chat, { features, examplesShown, texts: 0 });
    progress.start(modelRoles.length * texts.length, "texts");
    for (const [index, role] of modelRoles.entries()) {
      const model = await loadRole(config, folder, role);
      const dictionaries = ofRole[role];
      const others = ofRole[role === "base" ? "tuned" : "base"];
      const ofModel = chosen.filter((one) => one.model === role);
      const selection = dictionaries.map(({ layer, dictionary }) => ({
        layer,
        dSae: dictionary.dSae,
        features: ofModel.find((one) => one.layer === layer)!.top.map(({ feature }) => feature),
      }));
      const activity = new Activity(dictionaries);
      let done = index * texts.length;
      for (const [half, ofHalf] of halves) {
        const before = done;
        const stream = encodeTexts(model, encodersOf(dictionaries), ofHalf, {
          batchSize: TEXTS_PER_PASS,
          signal,
          onBatch: (batch) => {
            done = before + batch;
            progress.update(done);
          },
        });
        const evidence = await collectEvidence(activity.watch(stream), ofHalf, selection);
        await writeEvidence(folder, role, half, evidence);
        if (half === "scoring") continue;
        const explained = await explainFeatures(evidence, {
          explainer,
          tokenText: (id) => tokenizer.tokenText(id),
          choices: ofModel.flatMap(({ layer, top }) => top.map((choice) => ({ layer, ...choice }))),
          examplesPerFeature: config.features.examplesPerFeature,
          examplesShown,
          signal,
        });
        const directions = await describeDirections(model, explained, dictionaries, others, tokenizer);
        for (const [i, feature] of explained.entries()) {
          const promoted = directions[i].promoted?.map(({ token }) => token) ?? [];
          // Promoted tokens complete a pattern; other explainers formulate whole explanations.
          const explanation = feature.pattern ? withPromoted(feature.explanation, promoted) : feature.explanation;
          lines.push({ model: role, ...feature, ...directions[i], explanation });
        }
      }
      await writeDensities(folder, role, activity.densities());
      await model.dispose();
    }
    progress.end();
    await writeExplained(folder, lines);
    logSpent();
  },
};
