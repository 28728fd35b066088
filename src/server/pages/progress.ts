/** A run's progress: its stages and the curves of its tuning, updated live. */
import { tuningCurve, tuningCurves } from "../../report/figures/tuning-curves.js";
import { duration } from "../../report/format.js";
import { type Html, html } from "../../report/html.js";
import { figures } from "../../report/sections/section.js";
import { modelName, rewardName } from "../../report/settings.js";
import type { RunData } from "../../results/read-run.js";
import type { RunSummary } from "../summarise-run.js";
import { renderFrame, runPath, runTabs } from "./frame.js";
import { damageNote, runButtons, shownFigure, statusMark } from "./runs.js";

/** The part that changes during a run; the page's script fetches it again. */
export function progressFragment(summary: RunSummary, run: Pick<RunData, "record" | "metrics">): Html {
  const seconds = summary.stages.reduce((sum, stage) => sum + (stage.seconds ?? 0), 0);
  return html`<p class="byline">${statusMark(summary.status)} · ${duration(seconds)} so far</p>
${damageNote(summary)}${
  summary.damage.length > 0 &&
  html`<p class="note"><code>rewardscope run --resume --out ${summary.id}</code> runs the stages again that wrote this.</p>`
}
${
  summary.status === "stopped" &&
  html`<p class="note">The run is stopped. To continue it: <code>rewardscope run --resume --out ${summary.id}</code></p>`
}
<div class="table"><div class="scroll" tabindex="0" role="region" aria-label="Stages"><table>
<caption><span>Stages</span></caption>
<thead><tr><th scope="col">stage</th><th scope="col">status</th><th scope="col" class="number">time</th></tr></thead>
<tbody>${summary.stages.map(
    ({ name, status, seconds: taken, error }) =>
      html`<tr><th scope="row">${name}</th><td class="text">${statusMark(status)}${error && html` ${error}`}</td><td class="number">${taken !== undefined && duration(taken)}</td></tr>`,
  )}</tbody></table></div></div>
${run.metrics.length > 0 && [html`<h2>Tuning</h2>`, figures(...tuningCurves.map((curve) => tuningCurve(run.metrics, curve)))]}
${
  summary.figures.length > 0 &&
  html`<h2>Headline metrics so far</h2><div class="table"><div class="scroll" tabindex="0" role="region" aria-label="Headline metrics so far"><table>
<thead><tr><th scope="col">metric</th><th scope="col" class="number">value, 95% interval</th></tr></thead>
<tbody>${summary.figures.map((figure) => html`<tr><th scope="row">${figure.name}</th><td class="number">${shownFigure(figure)}</td></tr>`)}</tbody></table></div></div>`
}`;
}

/**
 * @param fragment   `progressFragment` of the run
 * @param controlled whether the run is stopped and continued from the page
 */
export function progressPage(
  { summary, tuning, fragment }: { summary: RunSummary; tuning: Pick<RunData, "record">; fragment: Html },
  hasReport: boolean,
  controlled: boolean,
): string {
  return renderFrame({
    title: summary.id,
    kicker: "Progress",
    heading: `${modelName(tuning)} on ${rewardName(tuning)}`,
    byline: `${summary.id} · seed ${summary.seed}${summary.started ? ` · begun ${summary.started.slice(0, 16).replace("T", " ")} UTC` : ""}`,
    tabs: runTabs(summary.id, hasReport),
    here: runPath(summary.id),
    module: "progress",
    body: html`${
      controlled &&
      html`<p class="controls" id="controls" data-run="${encodeURIComponent(summary.id)}" data-status="${summary.status}">${runButtons(summary)}</p><p class="message" id="said" role="status"></p>`
    }<div id="progress" data-run="${encodeURIComponent(summary.id)}">${fragment}</div>`,
  });
}
