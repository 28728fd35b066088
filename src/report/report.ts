/** The report: one page that holds everything it needs and asks the network for nothing. */
import { createHash } from "node:crypto";
import { duration } from "./format.js";
import { html, trusted } from "./html.js";
import type { RunData } from "./read-run.js";
import { script } from "./script.js";
import { dictionariesSection } from "./sections/dictionaries.js";
import { divergenceSection } from "./sections/divergence.js";
import { featuresSection } from "./sections/features.js";
import { learnedRewardSection } from "./sections/learned-reward.js";
import { overviewSection } from "./sections/overview.js";
import { plainSection } from "./sections/plain.js";
import type { Section } from "./sections/section.js";
import { settingsSection } from "./sections/settings.js";
import { tuningSection } from "./sections/tuning.js";
import { validationSection } from "./sections/validation.js";
import { modelName, rewardName, setting } from "./settings.js";
import { style } from "./style.js";

/** In the order of the page. */
const sections: readonly ((run: RunData) => Section)[] = [
  overviewSection,
  tuningSection,
  divergenceSection,
  dictionariesSection,
  featuresSection,
  learnedRewardSection,
  plainSection,
  validationSection,
  settingsSection,
];

/** Nothing may be fetched, and of scripts only ours may run, whatever the texts of a run hold. */
const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'; base-uri 'none'; form-action 'none'`;

/**
 * The whole report as one HTML document. The same run gives the same bytes.
 * Results of stages that have not run are shown as "Not run".
 */
export function renderReport(run: RunData): string {
  const shown = sections.map((section) => section(run));
  const name = modelName(run);
  const seconds = Object.values(run.record.stages).reduce((sum, { seconds = 0 }) => sum + seconds, 0);
  const byline = [
    `seed ${setting(run, "seed") ?? "–"}`,
    ...Object.entries(run.record.versions)
      .slice(0, 1)
      .map(([program, version]) => `${program} ${version}`),
    ...(seconds > 0 ? [`${duration(seconds)} of work`] : []),
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${name}: rewardscope report</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#overview">Skip to the report</a>
<div class="layout">
<nav aria-label="Sections"><p>rewardscope</p><ol>${shown.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
<main>
<header class="masthead"><p class="kicker">Learned against given reward</p>
<h1>${name}, tuned on ${rewardName(run)}</h1>
<p class="byline">${byline.join(" · ")}</p></header>
${shown.map(
  ({ id, title, lead, body }) =>
    html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${lead && html`<p class="lead">${lead}</p>`}
${body}</section>
`,
)}<footer>Published figures: Marks, Abdullah, Neo, Arike, Torr, Barez, “Beyond Training Objectives: Interpreting Reward Model Divergence in Large Language Models”. All others: this run.</footer>
</main>
</div>
<script>${trusted(script)}</script>
</body>
</html>
`;
  return page.toString();
}
