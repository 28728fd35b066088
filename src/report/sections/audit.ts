/** Sections of an audit's page: the answer with its evidence, and the settings. */
import type { RunData } from "../../results/read-run.js";
import { auditSentences, mainExplanation, sameModels } from "../audit-sentences.js";
import { auditPropertiesFigure } from "../figures/audit-properties.js";
import { html } from "../html.js";
import { flatSettings } from "../settings.js";
import { explanationsTable, likedWordsTable, propertiesTable, textsTable } from "../tables/audit.js";
import { overRepresentedTable } from "../tables/implicit-reward.js";
import { showTable } from "../tables/table.js";
import { figures, folded, notRun, type Section } from "./section.js";

/** The meaning of the numbers, below the answer. */
const method =
  "Both models continued the same prompts with the same random numbers, and read the same texts. The log-ratio log p(tuned) − log p(base) of a text says how much tuning liked it; it is the text's implicit reward, up to scale and a constant per prompt (Rafailov et al. 2023, arXiv:2305.18290). No reward was given. Brackets are 95% intervals.";

export function auditSection(run: RunData): Section {
  const { audit } = run.results;
  const explanation = audit && mainExplanation(audit);
  const head = { id: "overview", title: "What tuning changed" };
  if (!audit || !explanation) return { ...head, lead: "Nothing has been measured yet.", body: notRun(run, "audit") };
  const tables = [
    showTable(propertiesTable(explanation, audit)),
    showTable(explanationsTable(audit)),
    showTable(overRepresentedTable(audit)),
    showTable(likedWordsTable(audit)),
    showTable(textsTable(audit.texts.liked, "Texts that tuning liked most")),
    showTable(textsTable(audit.texts.disliked, "Texts that tuning disliked most")),
  ];
  return {
    ...head,
    lead: undefined,
    body: [
      html`<ol class="answer">${auditSentences(audit).map((sentence) => html`<li>${sentence}</li>`)}</ol>`,
      html`<p>${method}</p>`,
      !sameModels(audit) && [figures(auditPropertiesFigure(explanation)), tables],
    ],
  };
}

const limits = [
  "A property that explains the log-ratio need not be its cause: texts with more of one property have more of others, and of properties that are not listed.",
  "Counts of words are those of short English lists, except sentiment, which is the sum of the lexicon's values.",
  "Prompts are given to both models as they stand, without a chat template.",
  "Intervals cover the choice of prompts and texts, not the seed.",
];

/** Groups of settings that an audit uses. */
const groups = ["model.", "corpus.", "audit.", "statistics.", "seed"];

export function auditSettingsSection({ record }: RunData): Section {
  const rows = flatSettings(record.config).filter(([path]) => groups.some((group) => path.startsWith(group)));
  return {
    id: "settings",
    title: "Settings and limits",
    lead: "What the numbers depend on, and what they do not say.",
    body: [
      html`<ul class="limits">${limits.map((limit) => html`<li>${limit}</li>`)}</ul>`,
      folded(
        `Settings (${rows.length})`,
        showTable({
          caption: "Settings of the audit",
          columns: [{ label: "Setting", text: true }, { label: "This run" }],
          rows: rows.map(([path, value]) => ({ source: "run", cells: [html`<code>${path}</code>`, value] })),
        }),
      ),
    ],
  };
}
