/** Stage: how well explanations predict where features fire. Adds detection scores to features.jsonl. */
import { join } from "node:path";
import { EXCERPT_TOKENS, scoreDetection, summariseDetection } from "../interpret/index.js";
import { writeJsonl } from "../io/jsonl.js";
import { classifyStage, readFeatures } from "./classify.js";
import { readEvidence } from "./evidence-file.js";
import { configuredExplainer } from "./explainer.js";
import { loadRunTokenizer, modelRoles } from "./models.js";
import type { ScoreResults } from "./results.js";
import type { Stage } from "./stage.js";

export const scoreStage: Stage = {
  name: "score",
  title: "scoring explanations",
  // Explanations are scored whatever their label; but classify writes the file that the scores are added to.
  needs: [classifyStage.name],
  settings: ({ explainer, statistics }) => ({ explainer: explainer.name, statistics }),
  outputs: [],
  async run(context) {
    const { config, folder, rng, signal, progress, writeResults } = context;
    const records = await readFeatures(folder);
    const explainer = configuredExplainer(context, await loadRunTokenizer(config, folder));
    const { resamples } = config.statistics;
    const models: ScoreResults["models"] = [];
    let done = 0;
    progress.start(records.length, "features");
    for (const model of modelRoles) {
      const ofModel = records.filter((record) => record.model === model);
      const before = done;
      const detections = await scoreDetection(await readEvidence(folder, model, "scoring"), ofModel, {
        explainer,
        rng: rng(model),
        resamples,
        signal,
        onFeature: (features) => {
          done = before + features;
          progress.update(done);
        },
      });
      for (const [i, detection] of detections.entries()) ofModel[i].scores = { ...ofModel[i].scores, detection };
      models.push({ model, ...summariseDetection(detections, { rng: rng(`features of ${model}`), resamples }) });
    }
    progress.end();
    await writeJsonl(join(folder, "features.jsonl"), records);
    await writeResults("score", { excerptTokens: EXCERPT_TOKENS, models });
  },
};
