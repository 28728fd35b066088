/** Stage: which explained features have to do with the reward (paper, section 4.4). Adds labels to features.jsonl. */
import { join } from "node:path";
import { rewardDescription } from "../../config/llm-settings.js";
import { readJsonl, writeJsonl } from "../../io/jsonl.js";
import type { FeatureRecord } from "../../results/results.js";
import { configuredExplainer, explainerSettings } from "../inputs/explainer.js";
import { loadRunTokenizer, modelRoles } from "../inputs/models.js";
import type { Stage } from "../run/stage.js";
import { readEvidence } from "./files/evidence-file.js";

/** The lines of features.jsonl, in the order of the models and of each one's evidence. */
export async function readFeatures(folder: string): Promise<FeatureRecord[]> {
  const records: FeatureRecord[] = [];
  for await (const row of readJsonl(join(folder, "features.jsonl"))) records.push(row as FeatureRecord);
  return records;
}

export const classifyStage: Stage = {
  name: "classify",
  title: "labelling features",
  needs: ["explain"],
  settings(config) {
    const { name, fdr, permutations } = config.explainer;
    if (name === "llm") return { explainer: explainerSettings(config), reward: rewardDescription(config) };
    return { explainer: { name, fdr, permutations }, reward: { lexicon: config.reward.lexicon } };
  },
  // The labels stand in features.jsonl, which belongs to explain: written again, they replace themselves.
  outputs: [],
  work: ({ features, explainer }, { chosenLayers }) => ({
    featurePermutations: modelRoles.length * chosenLayers * features.topK * explainer.permutations,
  }),
  async run(context) {
    const { config, folder, signal, progress, writeResults } = context;
    const records = await readFeatures(folder);
    const { explainer, logSpent } = await configuredExplainer(context, await loadRunTokenizer(config, folder));
    progress.start(1, "tests");
    // Features of both models are one family of tests: what is labelled in either counts against the same error rate.
    const evidence = (await Promise.all(modelRoles.map((role) => readEvidence(folder, role, "explaining")))).flat();
    const labels = await explainer.classify(
      records.map(({ explanation, rule, failed, examples }, i) => ({
        evidence: evidence[i],
        explanation,
        rule,
        failed,
        shownTexts: new Set(examples.filter(({ shown }) => shown).map(({ text }) => text)),
      })),
      signal,
    );
    const labelled = records.map((record, i) => ({ ...record, ...labels[i] }));
    progress.end();
    await writeJsonl(join(folder, "features.jsonl"), labelled);
    const count = (of: readonly FeatureRecord[]) => ({
      explained: of.length,
      related: of.filter(({ related }) => related).length,
    });
    const models = modelRoles.map((model) => {
      const ofModel = labelled.filter((record) => record.model === model);
      const layers = [...new Set(ofModel.map(({ layer }) => layer))];
      return {
        model,
        ...count(ofModel),
        byLayer: layers.map((layer) => ({ layer, ...count(ofModel.filter((record) => record.layer === layer)) })),
        ...unanswered(ofModel),
        topics: explainer.topics.map((topic) => ({
          topic,
          features: ofModel.filter((record) => record.topics.includes(topic)).length,
        })),
      };
    });
    await writeResults("classify", { explainer: explainer.name, criterion: explainer.criterion, models });
    logSpent();
  },
};

/** How many labels are a "no" for want of an answer, where there are any. */
function unanswered(features: readonly FeatureRecord[]): { unanswered?: number } {
  const count = features.filter((feature) => feature.unanswered).length;
  return count > 0 ? { unanswered: count } : {};
}
