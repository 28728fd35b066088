/** Stage: which explained features have to do with the reward (paper, section 4.4). Adds labels to features.jsonl. */
import { join } from "node:path";
import type { FeatureEvidence } from "../interpret/index.js";
import { readJsonl, writeJsonl } from "../io/jsonl.js";
import { readEvidence } from "./evidence-file.js";
import { configuredExplainer } from "./explainer.js";
import { loadRunTokenizer, modelRoles } from "./models.js";
import type { ClassifyResults, FeatureRecord } from "./results.js";
import type { Stage } from "./stage.js";

/** The lines of features.jsonl. */
export async function readFeatures(folder: string): Promise<FeatureRecord[]> {
  const records: FeatureRecord[] = [];
  for await (const row of readJsonl(join(folder, "features.jsonl"))) records.push(row as FeatureRecord);
  return records;
}

export const classifyStage: Stage = {
  name: "classify",
  title: "labelling features",
  needs: ["explain"],
  settings: ({ explainer, reward: { lexicon } }) => ({ explainer, reward: { lexicon } }),
  // The labels stand in features.jsonl, which belongs to explain: written again, they replace themselves.
  outputs: [],
  async run(context) {
    const { config, folder, signal, progress, writeResults } = context;
    const records = await readFeatures(folder);
    const explainer = configuredExplainer(context, await loadRunTokenizer(config, folder));
    const models: ClassifyResults["models"] = [];
    progress.start(modelRoles.length, "models");
    for (const model of modelRoles) {
      const ofModel = records.filter((record) => record.model === model);
      const evidence = await readEvidence(join(folder, "evidence", `${model}.safetensors`));
      const evidenceOf = ({ layer, feature }: FeatureRecord): FeatureEvidence =>
        evidence.find((one) => one.layer === layer && one.feature === feature)!;
      const labels = await explainer.classify(
        ofModel.map((record) => ({ evidence: evidenceOf(record), explanation: record.explanation ?? "" })),
        signal,
      );
      ofModel.forEach((record, i) => {
        Object.assign(record, labels[i]);
      });
      const count = (of: readonly FeatureRecord[]) => ({
        explained: of.length,
        related: of.filter(({ related }) => related).length,
      });
      const layers = [...new Set(ofModel.map(({ layer }) => layer))];
      const byLayer = layers.map((layer) => ({ layer, ...count(ofModel.filter((record) => record.layer === layer)) }));
      models.push({ model, ...count(ofModel), byLayer });
      progress.update(models.length);
    }
    progress.end();
    await writeJsonl(join(folder, "features.jsonl"), records);
    await writeResults("classify", { explainer: explainer.name, criterion: explainer.criterion, models });
  },
};
