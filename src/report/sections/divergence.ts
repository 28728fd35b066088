/** Section: parameter divergence of each layer. */

import type { RunData } from "../../results/read-run.js";
import { layerDivergenceFigure } from "../figures/layer-divergence.js";
import { significant } from "../format.js";
import { html } from "../html.js";
import { divergenceTable } from "../tables/divergence.js";
import { showTable } from "../tables/table.js";
import { figures, folded, notRun, type Section } from "./section.js";

export function divergenceSection(run: RunData): Section {
  const { divergence } = run.results;
  const sorted = [...(divergence?.layers ?? [])].sort((a, b) => b.divergence - a.divergence);
  return {
    id: "divergence",
    title: "Divergence",
    lead:
      divergence &&
      sorted.length > 0 &&
      html`Layer ${sorted[0].layer} has the highest divergence (${significant(sorted[0].divergence)}), layer ${sorted.at(-1)!.layer} the lowest (${significant(sorted.at(-1)!.divergence)}). The layers ${divergence.chosen.join(", ")} were chosen for the following stages.`,
    body: divergence
      ? [figures(layerDivergenceFigure(divergence)), folded("Every tensor", showTable(divergenceTable(divergence)))]
      : notRun(run, "divergence"),
  };
}
