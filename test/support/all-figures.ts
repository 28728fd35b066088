/** Every figure of a run by the name of its file. */
import { ablationEffectFigure, ablationRewardFigure } from "../../src/report/figures/ablation.js";
import { carryDosesFigure } from "../../src/report/figures/carry-doses.js";
import { carryFeaturesFigure } from "../../src/report/figures/carry-features.js";
import { carryPartsFigure } from "../../src/report/figures/carry-parts.js";
import { curvesOfRuns } from "../../src/report/figures/curves-of-runs.js";
import { deltaDistributionFigure } from "../../src/report/figures/delta-distributions.js";
import { dictionaryTrainingFigure } from "../../src/report/figures/dictionary-training.js";
import type { Figure } from "../../src/report/figures/figure.js";
import { frequencyFigure } from "../../src/report/figures/frequency.js";
import { implicitRewardScatterFigure } from "../../src/report/figures/implicit-reward-scatter.js";
import { l1SweepFigure } from "../../src/report/figures/l1-sweep.js";
import { layerDivergenceFigure } from "../../src/report/figures/layer-divergence.js";
import { lexiconScatterFigure } from "../../src/report/figures/lexicon-scatter.js";
import { matchCosinesFigure } from "../../src/report/figures/match-cosines.js";
import { mmcsMatrixFigure } from "../../src/report/figures/mmcs-matrix.js";
import { tuningCurve, tuningCurves } from "../../src/report/figures/tuning-curves.js";
import type { RunData } from "../../src/results/read-run.js";

export function allFigures({
  results,
  metrics,
  lexicon,
  implicitRewards,
  deltas,
}: RunData): Record<string, Figure | undefined> {
  const curves = tuningCurves.map((curve) => [
    `tuning-${curve.metric.replaceAll(/\W/g, "-")}`,
    tuningCurve(metrics, curve),
  ]);
  return {
    ...Object.fromEntries(curves),
    "carry-parts": carryPartsFigure(results.carry!, "Where the learned reward sits"),
    "carry-features": carryFeaturesFigure(results.carry!.features!)!,
    "carry-doses": carryDosesFigure(results.carry!),
    "layer-divergence": layerDivergenceFigure(results.divergence!),
    "dictionary-training-l0": dictionaryTrainingFigure(results.dictionaries!, "tuned", "l0"),
    "dictionary-training-mse": dictionaryTrainingFigure(results.dictionaries!, "tuned", "mse"),
    "l1-sweep": l1SweepFigure(results.studies!),
    "match-cosines": matchCosinesFigure(results.match!, "tuned"),
    "mmcs-matrix": mmcsMatrixFigure(results.match!),
    "curves-of-runs": curvesOfRuns(
      [
        { name: "one", metrics },
        {
          name: "two",
          metrics: metrics.map((line) => ({ ...line, "objective/scores": 0.8 * line["objective/scores"] })),
        },
      ],
      "objective/scores",
    ),
    "delta-distributions": deltaDistributionFigure(deltas, "tuned"),
    "lexicon-scatter": lexiconScatterFigure(lexicon, "tuned"),
    "implicit-reward-scatter": implicitRewardScatterFigure(implicitRewards),
    "ablation-reward": ablationRewardFigure(results.ablate!),
    "ablation-effect": ablationEffectFigure(results.ablate!),
    frequency: frequencyFigure(results.frequency!),
  };
}
