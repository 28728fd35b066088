/** Sections of an audit's page: the answer with its evidence, and the settings. */
import type { RunData } from "../../results/read-run.js";
import type { AuditResults } from "../../results/results.js";
import { auditSentences, mainExplanation, sameModels } from "../audit-sentences.js";
import { partsSentence } from "../carry-in-words.js";
import { auditPropertiesFigure } from "../figures/audit-properties.js";
import { carryPartsFigure } from "../figures/carry-parts.js";
import { layerDivergenceFigure } from "../figures/layer-divergence.js";
import { significant, whole } from "../format.js";
import { html } from "../html.js";
import { preferencesSentence } from "../preferences-in-words.js";
import { flatSettings, setting } from "../settings.js";
import { auditPartsTable, explanationsTable, likedWordsTable, propertiesTable, textsTable } from "../tables/audit.js";
import { divergenceTable } from "../tables/divergence.js";
import { overRepresentedTable } from "../tables/implicit-reward.js";
import { preferencesTable } from "../tables/preferences.js";
import { showTable } from "../tables/table.js";
import { figures, folded, notRun, type Section } from "./section.js";

/** The meaning of the numbers, below the answer. */
const method =
  "Both models continued the same prompts with the same random numbers, and read the same texts. The log-ratio log p(tuned) − log p(base) of a text says how much tuning liked it; it is the text's implicit reward, up to scale and a constant per prompt (Rafailov et al. 2023, arXiv:2305.18290). No reward was given. Brackets are 95% intervals.";

const corpusDistance = ({ klOfCorpus, corpusTexts }: AuditResults): string =>
  `Over ${whole(corpusTexts)} texts that neither wrote, the tuned model's predictions are ${significant(klOfCorpus)} nats per token from the base model's.`;

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
      html`<p>${method} ${corpusDistance(audit)}</p>`,
      !sameModels(audit) && [figures(auditPropertiesFigure(explanation)), tables],
    ],
  };
}

/** Whether the models agree with preference data; only where some were given. */
export function preferencesSection(run: RunData): Section | undefined {
  const { preferences } = run.results;
  if (!preferences && setting(run, "audit.preferences") === undefined) return undefined;
  return {
    id: "preferences",
    title: "Agreement with preferences",
    lead: preferences && preferencesSentence(preferences),
    body: preferences ? showTable(preferencesTable(preferences)) : notRun(run, "preferences"),
  };
}

/** Where in the model the difference lies: parts put into the other model, and how far weights moved. */
export function differenceSection(run: RunData): Section {
  const { audit } = run.results;
  const parts = audit?.parts;
  // No later stage of an audit reads the chosen layers.
  const divergence = run.results.divergence && { ...run.results.divergence, chosen: [] };
  return {
    id: "difference",
    title: "Where the difference sits",
    lead: parts && partsSentence(parts),
    body: [
      figures(
        parts && carryPartsFigure(parts, "What single parts carry"),
        divergence && layerDivergenceFigure(divergence),
      ),
      parts && showTable(auditPartsTable(parts)),
      divergence ? folded("Every tensor", showTable(divergenceTable(divergence))) : notRun(run, "divergence"),
    ],
  };
}

const limits = [
  "A property that explains the log-ratio need not be its cause: texts with more of one property have more of others, and of properties that are not listed.",
  "Counts of words are those of short English lists, except sentiment, which is the sum of the lexicon's values.",
  "Intervals cover the choice of prompts and texts, not the seed.",
];

/** Groups of settings that an audit uses. */
const groups = ["model.", "corpus.", "audit.", "statistics.", "seed"];

/** Whether prompts were messages. */
const limitOfPrompts = (template: "base" | "tuned" | undefined): string =>
  template
    ? `Prompts are messages of a user in the ${template} model's chat template; texts of the corpus are read without it.`
    : "Prompts are given to both models as they stand, without a chat template.";

export function auditSettingsSection({ record, results }: RunData): Section {
  const rows = flatSettings(record.config).filter(([path]) => groups.some((group) => path.startsWith(group)));
  return {
    id: "settings",
    title: "Settings and limits",
    lead: "What the numbers depend on, and what they do not say.",
    body: [
      html`<ul class="limits">${[...limits, limitOfPrompts(results.audit?.template)].map((limit) => html`<li>${limit}</li>`)}</ul>`,
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
