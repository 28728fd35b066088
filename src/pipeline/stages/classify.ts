/** Stage: labels explained features as related to the reward or not (paper, section 4.4). */
import { rewardDescription } from "../../config/llm-settings.js";
import { type FeatureLabelLine, labelsFile, writeLabels } from "../../results/sections/classify.js";
import { readExplained } from "../../results/sections/explain.js";
import { configuredExplainer, explainerSettings } from "../inputs/explainer.js";
import { loadRunTokenizer, modelRoles } from "../inputs/models.js";
import type { Stage } from "../run/stage.js";
import { readEvidence } from "./files/evidence-file.js";

export const classifyStage: Stage = {
  name: "classify",
  title: "labelling features",
  needs: ["explain"],
  settings(config) {
    const { name, fdr, permutations } = config.explainer;
    if (name === "llm") return { explainer: explainerSettings(config), reward: rewardDescription(config) };
    return { explainer: { name, fdr, permutations }, reward: { lexicon: config.reward.lexicon } };
  },
  outputs: [labelsFile],
  work: ({ features, explainer }, { chosenLayers }) => ({
    featurePermutations: modelRoles.length * chosenLayers * features.topK * explainer.permutations,
  }),
  requires: ({ explainer }) => ({ llm: explainer.name === "llm" }),
  async run(context) {
    const { config, folder, signal, writeResults } = context;
    const features = await readExplained(folder);
    const { explainer, logSpent } = await configuredExplainer(context, await loadRunTokenizer(config, folder));
    // Both models' features are one family of tests with a common false discovery rate.
    const evidence = (await Promise.all(modelRoles.map((role) => readEvidence(folder, role, "explaining")))).flat();
    const labels = await explainer.classify(
      features.map(({ explanation, pattern, noPattern, failed, examples }, i) => ({
        evidence: evidence[i],
        explanation,
        pattern,
        noPattern,
        failed,
        shownTexts: new Set(examples.filter(({ shown }) => shown).map(({ text }) => text)),
      })),
      signal,
    );
    const lines = features.map(({ model, layer, feature }, i) => ({ model, layer, feature, ...labels[i] }));
    await writeLabels(folder, lines);
    const count = (of: readonly FeatureLabelLine[]) => ({
      explained: of.length,
      related: of.filter(({ related }) => related).length,
    });
    const models = modelRoles.map((model) => {
      const ofModel = lines.filter((line) => line.model === model);
      const layers = [...new Set(ofModel.map(({ layer }) => layer))];
      return {
        model,
        ...count(ofModel),
        byLayer: layers.map((layer) => ({ layer, ...count(ofModel.filter((line) => line.layer === layer)) })),
        ...unanswered(ofModel),
        topics: explainer.topics.map((topic) => ({
          topic,
          features: ofModel.filter(({ topics }) => topics.includes(topic)).length,
        })),
      };
    });
    await writeResults("classify", { explainer: explainer.name, criterion: explainer.criterion, models });
    logSpent();
  },
};

/** The number of features without usable answer, which are labelled not related, if any. */
function unanswered(lines: readonly FeatureLabelLine[]): { unanswered?: number } {
  const count = lines.filter((line) => line.unanswered).length;
  return count > 0 ? { unanswered: count } : {};
}
