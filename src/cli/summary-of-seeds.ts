/** The findings of several seeds in a few lines. */

import { meanWithSpread, verdict } from "../report/seeds/words.js";
import type { HeadlineMetricId, SeedsResults } from "../results/results.js";

const lines: readonly [name: string, id: HeadlineMetricId, control?: { id: HeadlineMetricId; name: string }][] = [
  ["reward", "rewardTuned", { id: "rewardBase", name: "base" }],
  ["... gain", "rewardGain"],
  ["Kendall tau", "tauTuned", { id: "tauBase", name: "base" }],
  ["... gain", "tauDifference"],
  ["implicit tau", "implicitRewardTauVisited", { id: "baseProbabilitiesTau", name: "base model's probabilities" }],
  ["carried", "carryFeatures", { id: "carryFeaturesControl", name: "features of equal size of change" }],
  ["ablation", "ablationEffect", { id: "ablationRandom", name: "random features" }],
  ["frequency", "frequencyRelated", { id: "frequencyMatched", name: "features of the same frequency" }],
  ["MMCS", "mmcsTuned", { id: "mmcsRandom", name: "random dictionaries" }],
];

/**
 * Mean and standard deviation over the seeds, and the number of seeds that agree in sign. Findings
 * that no run has are left out.
 * @param report the path of the page as it is shown
 */
export function summarizeSeeds({ seeds, headlineMetrics }: SeedsResults, report: string): string {
  const find = (wanted: HeadlineMetricId) => headlineMetrics.find(({ id }) => id === wanted);
  const found = lines.flatMap(([name, id, against]): [string, string][] => {
    const [figure, control] = [find(id), against && find(against.id)];
    if (!figure) return [];
    const parts = [meanWithSpread(figure), control && `${meanWithSpread(control)} ${against!.name}`, verdict(figure)];
    return [[name, parts.filter(Boolean).join(", ")]];
  });
  const all: [string, string][] = [["seeds", seeds.join(", ")], ...found, ["report", report]];
  return all.map(([name, text]) => `${name.padEnd(12)} ${text}`).join("\n");
}
