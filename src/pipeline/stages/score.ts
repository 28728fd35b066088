/** Stage: scores explanations by how well they predict activations. */
import {
  EXCERPT_TOKENS,
  SIMULATED_TOKENS,
  scoreDetection,
  scoreFuzzing,
  scoreSimulation,
  summariseDetection,
  summariseSimulation,
} from "../../interpret/index.js";
import { readExplained } from "../../results/sections/explain.js";
import { type FeatureScoresLine, type ScoreResults, scoresFile, writeScores } from "../../results/sections/score.js";
import { configuredExplainer, explainerSettings } from "../inputs/explainer.js";
import { loadRunTokenizer, modelRoles } from "../inputs/models.js";
import type { Stage } from "../run/stage.js";
import { explainStage } from "./explain.js";
import { readEvidence } from "./files/evidence-file.js";

const SCORES = 3;

export const scoreStage: Stage = {
  name: "score",
  title: "scoring explanations",
  needs: [explainStage.name],
  settings: (config) => ({ explainer: explainerSettings(config), statistics: config.statistics }),
  outputs: [scoresFile],
  requires: ({ explainer }) => ({ llm: explainer.name === "llm" }),
  async run(context) {
    const { config, folder, rng, signal, progress, writeResults } = context;
    const features = await readExplained(folder);
    const { explainer, logSpent } = await configuredExplainer(context, await loadRunTokenizer(config, folder));
    const { resamples } = config.statistics;
    const results: ScoreResults = {
      excerptTokens: EXCERPT_TOKENS,
      models: [],
      fuzzing: [],
      simulation: [],
      simulatedTokens: SIMULATED_TOKENS,
    };
    const lines: FeatureScoresLine[] = [];
    let done = 0;
    progress.start(SCORES * features.length, "features");
    for (const model of modelRoles) {
      const ofModel = features.filter((feature) => feature.model === model);
      const evidence = await readEvidence(folder, model, "scoring");
      // Each score has its own random stream, so that none depends on draws of another.
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
      for (const [i, { layer, feature }] of ofModel.entries())
        lines.push({
          ...{ model, layer, feature },
          ...{ detection: detection[i], fuzzing: fuzzing[i], simulation: simulation[i] },
        });
      const over = (stream: string) => ({ rng: rng(stream), resamples });
      results.models.push({ model, ...summariseDetection(detection, over(`features of ${model}`)) });
      results.fuzzing.push({ model, ...summariseDetection(fuzzing, over(`features of ${model}, fuzzing`)) });
      results.simulation.push({ model, ...summariseSimulation(simulation, over(`features of ${model}, simulation`)) });
    }
    progress.end();
    await writeScores(folder, lines);
    await writeResults("score", results);
    logSpent();
  },
};
