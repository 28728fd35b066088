/**
 * Part of the section on dictionaries: autoencoders with other settings and of other layers (paper,
 * Appendix J).
 */

import type { RunData } from "../../results/read-run.js";
import { l1SweepFigure } from "../figures/l1-sweep.js";
import { type Content, html } from "../html.js";
import { setting } from "../settings.js";
import { layerChoiceTable, sweepTable, tyingTable } from "../tables/studies.js";
import { showTable, type Table } from "../tables/table.js";
import { figures, folded, notRun } from "./section.js";

/** The setting that requests each study, its output, and an example. */
const asking = [
  { path: "studies.l1Coefs", makes: "Figure 5, the weight of the L1 norm", example: "studies.l1Coefs=[0.001,0.002]" },
  { path: "studies.tied", makes: "Table 12, tied and untied autoencoders", example: "studies.tied=true" },
  {
    path: "studies.lowest",
    makes: "Table 13, layers of highest and lowest divergence",
    example: "studies.lowest=true",
  },
] as const;

export function studiesPart(run: RunData): Content {
  const { studies } = run.results;
  const wanted = asking.filter(({ path }) => !["", "false", undefined].includes(setting(run, path)));
  const missing = asking.filter((one) => !wanted.includes(one));
  const table = (one: Table | undefined) => one && showTable(one);
  const sweep = studies && sweepTable(studies);
  return [
    html`<h3>Autoencoders with other settings</h3>`,
    wanted.length > 0 && !studies && notRun(run, "studies"),
    studies && [
      figures(l1SweepFigure(studies)),
      sweep && folded("The sweep in numbers", showTable(sweep)),
      table(tyingTable(studies)),
      table(layerChoiceTable(studies)),
    ],
    missing.length > 0 &&
      html`<p class="note">Not requested: ${missing.map(({ makes, example }, i) => [i > 0 && "; ", html`${makes} (<code>--set ${example}</code>)`])}.</p>`,
  ];
}
