/**
 * A run folder of format 1: run.json has no format, its configuration has a setting that is none
 * any more, and labels and scores stand in features.jsonl itself.
 */
import { join } from "node:path";
import { parseConfig } from "../../src/config/check-config.js";
import { writeJson } from "../../src/io/atomic.js";
import { writeJsonl } from "../../src/io/jsonl.js";

/** What explain says of a feature of the tuned model. */
export const explainedLine = (layer: number, feature: number) => ({
  ...{ model: "tuned" as const, layer, feature },
  ...{ cosine: 0.9, partner: 3, density: 0.2, maxActivation: 2, meanWhenActive: 1 },
  examples: [{ tokens: ["a", " good"], activations: [0, 2], text: 0, shown: true }],
  topTokens: [{ token: " good", share: 0.5, mean: 1, count: 4 }],
  explanation: `fires on " good", ${feature}`,
  explainer: "rule",
});

export const detection = {
  balancedAccuracy: { value: 0.7, low: 0.6, high: 0.8, n: 20, unit: "text" as const },
  positives: 10,
  negatives: 10,
};

/** As one line of features.jsonl had it after explain, classify and score. */
export const oldFeatures = [0, 1].map((feature) => ({
  ...explainedLine(1, feature),
  ...{ related: feature === 1, reason: "a test", topics: ["film"] },
  scores: { sentimentAssociation: 0.2, pValue: 0.01, qValue: 0.02, ...(feature === 0 && { detection }) },
}));

/** Lines of that format also have a rule, which nothing reads any more. */
const rule = { tokens: [{ id: 7, share: 0.5 }], classes: [], after: [], within: { tokens: 2, share: 0.4 } };

export async function writeOldRun(folder: string): Promise<void> {
  const stage = { status: "done", settings: "x", inputs: {}, seconds: 1 };
  await writeJson(join(folder, "run.json"), {
    config: { ...parseConfig({}, "old run"), retired: { setting: 1 } },
    ...{ versions: { rewardscope: "0.1.0" }, inputs: {}, hub: {} },
    stages: { explain: stage, classify: stage, score: stage },
  });
  const counts = { explained: 2, related: 1 };
  const ofTuned = { model: "tuned", ...counts, byLayer: [{ layer: 1, ...counts }], topics: [] };
  await writeJson(join(folder, "results.json"), {
    classify: { explainer: "rule", criterion: "a test", models: [ofTuned] },
  });
  await writeJsonl(
    join(folder, "features.jsonl"),
    oldFeatures.map((line) => ({ ...line, rule })),
  );
}
