/** Section: all settings in comparison with the paper's, and the limits of the report. */

import { paperSettings } from "../../paper/published.js";
import type { RunData } from "../../results/read-run.js";
import { html } from "../html.js";
import { flatSettings } from "../settings.js";
import { showTable } from "../tables/table.js";
import { folded, type Section } from "./section.js";

const limits = [
  "A run has one seed. Intervals cover the choice of prompts, words and texts, not the seed; rewardscope run --seeds 1,2,3 shows the variation between seeds.",
  "The paper's “MLP activations” are taken as the output of the MLP block, after the down-projection. The reward of a token is the lexicon's value of its lower-case form; there are no rules of negation.",
  "The sign of a delta is set by the word. Agreement in sign therefore shows that feature activations distinguish positive from negative words, not that tuning is the cause. The base model is the control for this.",
  "The labels of the rule explainer use the lexicon. Frequencies of labelled features are therefore compared with those of features of the same frequency.",
  "The paper's ablation notebook loads Pythia's weights into a GPT-Neo class and sets output dimensions to zero. This is not reproduced; Table 5 is shown as printed.",
  "Figures 1 to 3 of the paper are diagrams and are redrawn above with this run's numbers. Figures 4 and 5 are published as pictures, without numbers.",
];

export function settingsSection({ record }: RunData): Section {
  const rows = flatSettings(record.config);
  const differs = rows.filter(([path, value]) => path in paperSettings && !sameSetting(paperSettings[path], value));
  return {
    id: "settings",
    title: "Settings and limits",
    lead:
      differs.length > 0
        ? html`${differs.length} of the settings that the paper gives are different in this run: ${differs.map(([path], i) => [i > 0 && ", ", html`<code>${path}</code>`])}.`
        : "All settings that the paper gives are the same in this run.",
    body: [
      html`<ul class="limits">${limits.map((limit) => html`<li>${limit}</li>`)}</ul>`,
      folded(
        `All settings (${rows.length})`,
        showTable({
          caption: "Complete configuration",
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

/** A published value may have words after its number, for a model that differs. */
function sameSetting(paper: number | string, value: string): boolean {
  return String(paper) === value || String(paper).split(" ")[0] === value || Number(paper) === Number(value);
}
