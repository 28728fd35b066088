/** Section: every setting beside the paper's, and what this report cannot say. */

import { paperSettings } from "../../paper/published.js";
import type { RunData } from "../../results/read-run.js";
import { html } from "../html.js";
import { flatSettings } from "../settings.js";
import { showTable } from "../tables/table.js";
import { folded, type Section } from "./section.js";

const limits = [
  "One run has one seed. Intervals cover the choice of prompts, words and texts, not of the seed; rewardscope run --seeds 1,2,3 shows how far the figures move with it.",
  "“MLP activations” are read as the output of the MLP block, after the down-projection. A token carries reward when its lower-cased form stands in the lexicon; there are no negation rules.",
  "The sign of a delta is set by construction, so agreement in sign shows that codes tell positive from negative words, not that tuning taught it. That is what the base model's column is for.",
  "Labels of the rule explainer use the lexicon itself. Frequencies therefore stand beside those of features that are active about as often.",
  "The paper's ablation notebook loads Pythia's weights into a GPT-Neo class and zeroes output dimensions. That cannot be reproduced and is not offered; Table 5's figures are shown as printed.",
  "Figures 1 to 3 of the paper are diagrams and are redrawn above from this run's numbers. Figures 4 and 5 are published as a picture, without numbers.",
];

export function settingsSection({ record }: RunData): Section {
  const rows = flatSettings(record.config);
  const differs = rows.filter(([path, value]) => path in paperSettings && !sameSetting(paperSettings[path], value));
  return {
    id: "settings",
    title: "Settings and limits",
    lead:
      differs.length > 0
        ? html`${differs.length} of the settings that the paper states are different here: ${differs.map(([path], i) => [i > 0 && ", ", html`<code>${path}</code>`])}.`
        : "All settings that the paper states are the paper's.",
    body: [
      html`<ul class="limits">${limits.map((limit) => html`<li>${limit}</li>`)}</ul>`,
      folded(
        `All settings (${rows.length})`,
        showTable({
          caption: "Resolved configuration",
          columns: [{ label: "Setting", text: true }, { label: "This run" }, { label: "Paper" }],
          rows: rows.map(([path, value]) => ({
            source: "run",
            cells: [html`<code>${path}</code>`, value, path in paperSettings ? String(paperSettings[path]) : ""],
          })),
        }),
      ),
    ],
  };
}

/** A published value may carry words after its number, for a model that differs. */
function sameSetting(paper: number | string, value: string): boolean {
  return String(paper) === value || String(paper).split(" ")[0] === value || Number(paper) === Number(value);
}
