/** A run's progress: its stages, the one under way, and the curves so far, updated live. */
import { dictionaryTrainingFigure } from "../../report/figures/dictionary-training.js";
import { stageCurves } from "../../report/figures/stage-curves.js";
import { tuningCurve, tuningCurves } from "../../report/figures/tuning-curves.js";
import { duration, whole } from "../../report/format.js";
import { type Content, type Html, html } from "../../report/html.js";
import { figures } from "../../report/sections/section.js";
import { modelName, rewardName } from "../../report/settings.js";
import type { RunData } from "../../results/read-run.js";
import type { Tuning, UnderWay } from "../runs.js";
import type { RunSummary } from "../summarise-run.js";
import { renderFrame, runPath, runTabs } from "./frame.js";
import { damageNote, runButtons, shownFigure, statusMark } from "./runs.js";

/** A part that the page's script replaces when it differs from the one shown. */
const part = (name: string, content: Content): Html => html`<div data-part="${name}">${content}</div>
`;

/**
 * The part of the page that changes during a run; the page's script fetches it again.
 * @param finished `finishedParts` of the run
 */
export function progressFragment(summary: RunSummary, underWay: UnderWay, finished: Html): Html {
  return html`${part("state", stateOf(summary))}${part("stages", stagesTable(summary))}${part("under-way", stageUnderWay(underWay))}${finished}${part("log", underWay.log && html`<h2>Log</h2><pre class="log" tabindex="0" role="region" aria-label="The last lines of the log">${underWay.log}</pre>`)}`;
}

/** Curves and headline metrics; drawing them takes most of the time of a response. */
export function finishedParts(summary: RunSummary, { metrics, dictionaries }: Tuning): Html {
  const damaged = summary.damage.some(({ section }) => section === "dictionaries");
  return html`${part(
    "tuning",
    metrics.length > 0 && [html`<h3>Tuning</h3>`, figures(...tuningCurves.map((curve) => tuningCurve(metrics, curve)))],
  )}${part(
    "dictionaries",
    dictionaries &&
      !damaged && [
        html`<h3>Training of the dictionaries</h3>`,
        figures(
          ...(["base", "tuned"] as const).flatMap((model) =>
            (["mse", "l0"] as const).map((measure) => dictionaryTrainingFigure(dictionaries, model, measure)),
          ),
        ),
      ],
  )}${part(
    "metrics",
    summary.figures.length > 0 &&
      html`<h2>Headline metrics so far</h2><div class="table"><div class="scroll" tabindex="0" role="region" aria-label="Headline metrics so far"><table>
<thead><tr><th scope="col">metric</th><th scope="col" class="number">value, 95% interval</th></tr></thead>
<tbody>${summary.figures.map((figure) => html`<tr><th scope="row">${figure.name}</th><td class="number">${shownFigure(figure)}</td></tr>`)}</tbody></table></div></div>`,
  )}`;
}

/** In place of `finishedParts`, so that the page need not wait for them: its script asks for them. */
export const partsToCome: Html = html`${["tuning", "dictionaries", "metrics"].map(
  (name) => html`<div data-part="${name}" data-to-come></div>
`,
)}`;

function stateOf(summary: RunSummary): Content {
  const seconds = summary.stages.reduce((sum, stage) => sum + (stage.seconds ?? 0), 0);
  const resume = html`<code>rewardscope run --resume --out ${summary.id}</code>`;
  return [
    html`<p class="byline">${statusMark(summary.status)} · ${duration(seconds)} so far</p>`,
    damageNote(summary),
    summary.damage.length > 0 && html`<p class="note">${resume} runs the stages again that wrote this.</p>`,
    summary.status === "stopped" && html`<p class="note">The run is stopped. To continue it: ${resume}</p>`,
  ];
}

function stagesTable({ stages }: RunSummary): Html {
  return html`<h2>Stages</h2><div class="table"><div class="scroll" tabindex="0" role="region" aria-label="Stages"><table>
<thead><tr><th scope="col">stage</th><th scope="col">status</th><th scope="col" class="number">time</th></tr></thead>
<tbody>${stages.map(
    ({ name, status, seconds, error }) =>
      html`<tr><th scope="row">${name}</th><td class="text">${statusMark(status)}${error && html` ${error}`}</td><td class="number">${seconds !== undefined && duration(seconds)}</td></tr>`,
  )}</tbody></table></div></div>`;
}

/** How far the running stage is, the time left at its pace, and what it measures. */
function stageUnderWay({ stage, progress }: UnderWay): Content {
  if (stage === undefined || !progress) return undefined;
  const { total, unit, done, from, began, at, note, points } = progress;
  const elapsed = (Date.parse(at) - Date.parse(began)) / 1000;
  const left = done > from && done < total ? duration((elapsed / (done - from)) * (total - done)) : undefined;
  return [
    html`<h3>Now: ${stage}</h3>
<p class="under-way"><progress max="${total}" value="${done}" aria-label="progress of ${stage}"></progress> ${whole(done)} of ${whole(total)} ${unit}${left !== undefined && `, ${left} left`}${note !== undefined && `, ${note}`}</p>`,
    points.length > 1 && figures(...stageCurves(points, unit)),
  ];
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
