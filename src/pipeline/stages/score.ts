/** Stage: how well explanations predict where features fire, and how strongly. Adds these scores to features.jsonl. */
import { join } from "node:path";
import {
  EXCERPT_TOKENS,
  SIMULATED_TOKENS,
  scoreDetection,
  scoreFuzzing,
  scoreSimulation,
  summariseDetection,
  summariseSimulation,
} from "../../interpret/index.js";
import { writeJsonl } from "../../io/jsonl.js";
import type { ScoreResults } from "../../results/results.js";
import { configuredExplainer, explainerSettings } from "../inputs/explainer.js";
import { loadRunTokenizer, modelRoles } from "../inputs/models.js";
import type { Stage } from "../run/stage.js";
import { classifyStage, readFeatures } from "./classify.js";
import { readEvidence } from "./files/evidence-file.js";

const SCORES = 3;

export const scoreStage: Stage = {
  name: "score",
  title: "scoring explanations",
  // Explanations are scored whatever their label; but classify writes the file that the scores are added to.
  needs: [classifyStage.name],
  settings: (config) => ({ explainer: explainerSettings(config), statistics: config.statistics }),
  outputs: [],
  async run(context) {
    const { config, folder, rng, signal, progress, writeResults } = context;
    const records = await readFeatures(folder);
    const { explainer, logSpent } = await configuredExplainer(context, await loadRunTokenizer(config, folder));
    const { resamples } = config.statistics;
    const results: ScoreResults = {
      excerptTokens: EXCERPT_TOKENS,
      models: [],
      fuzzing: [],
      simulation: [],
      simulatedTokens: SIMULATED_TOKENS,
    };
    let done = 0;
    progress.start(SCORES * records.length, "features");
    for (const model of modelRoles) {
      const ofModel = records.filter((record) => record.model === model);
      const evidence = await readEvidence(folder, model, "scoring");
      // Each score has a random stream of its own, so that none depends on what was drawn for another.
      const scoring = (stream: string) => {
        const before = done;
        const onFeature = (features: number) => {
          done = before + features;
          progress.update(done);
        };
        return { explainer, rng: rng(stream), resamples, signal, onFeature };
      };
      const detection = await scoreDetection(evidence, ofModel, scoring(model));
      const fuzzing = await scoreFuzzing(evidence, ofModel, scoring(`fuzzing of ${model}`));
      const simulation = await scoreSimulation(evidence, ofModel, scoring(`simulation of ${model}`));
      for (const [i, record] of ofModel.entries()) {
        record.scores = { ...record.scores, detection: detection[i], fuzzing: fuzzing[i], simulation: simulation[i] };
      }
      const over = (stream: string) => ({ rng: rng(stream), resamples });
      results.models.push({ model, ...summariseDetection(detection, over(`features of ${model}`)) });
      results.fuzzing.push({ model, ...summariseDetection(fuzzing, over(`features of ${model}, fuzzing`)) });
      results.simulation.push({ model, ...summariseSimulation(simulation, over(`features of ${model}, simulation`)) });
    }
    progress.end();
    await writeJsonl(join(folder, "features.jsonl"), records);
    await writeResults("score", results);
    logSpent();
  },
};
