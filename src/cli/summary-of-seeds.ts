/** What the runs of several seeds found, in a few lines that fit a screen. */
import type { HeadFigure, HeadFigureId, SeedsResults } from "../pipeline/results.js";
import { agreement, meanWithSpread } from "../report/seeds/words.js";

const lines: readonly [name: string, id: HeadFigureId, control: HeadFigureId | undefined][] = [
  ["reward", "rewardGain", undefined],
  ["Kendall tau", "tauTuned", undefined],
  ["... - base", "tauDifference", undefined],
  ["ablation", "ablationEffect", "ablationRandom"],
  ["frequency", "frequencyRelated", "frequencyMatched"],
  ["MMCS", "mmcsTuned", "mmcsRandom"],
];

/**
 * Mean and standard deviation over the seeds, and how many agree in sign; findings that no run has are left out.
 * @param report the path of the page, as the reader should see it
 */
export function summarizeSeeds({ seeds, heads }: SeedsResults, report: string): string {
  const head = (id: HeadFigureId | undefined) => heads.find((one) => one.id === id);
  const line = (figure: HeadFigure, control: HeadFigure | undefined) =>
    [
      meanWithSpread(figure),
      control && `${meanWithSpread(control)} ${control.name.replace(/^\.\.\. /, "").toLowerCase()}`,
      agreement(figure),
    ]
      .filter(Boolean)
      .join(", ");
  const found = lines.flatMap(([name, id, control]): [string, string][] => {
    const figure = head(id);
    return figure ? [[name, line(figure, head(control))]] : [];
  });
  const all: [string, string][] = [["seeds", seeds.join(", ")], ...found, ["report", report]];
  return all.map(([name, text]) => `${name.padEnd(12)} ${text}`).join("\n");
}
