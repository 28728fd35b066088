/** The list of runs. */
import { fixed, percent } from "../../report/format.js";
import { type Html, html } from "../../report/html.js";
import { damageInWords } from "../../results/outputs.js";
import type { DamagedRun } from "../find-runs.js";
import type { RunSummary } from "../summarise-run.js";
import { renderFrame, runPath } from "./frame.js";

/** The metrics of the list; all are on the page of a run. */
const listed = ["rewardBase", "rewardTuned", "ridgeTauBase", "ridgeTauTuned", "ablationEffect"];

export function shownFigure({ kind, value, interval }: RunSummary["figures"][number]): string {
  const shown = (x: number): string => (kind === "share" ? percent(x) : fixed(x));
  return interval ? `${shown(value)} [${shown(interval[0])}, ${shown(interval[1])}]` : shown(value);
}

export function statusMark(status: string): Html {
  return html`<span class="status ${status}">${status}</span>`;
}

/** The outputs of a run that were changed after their stages; empty if none. */
export function damageNote({ damage }: Pick<RunSummary, "damage">): Html | false {
  if (damage.length === 0) return false;
  return html`<p class="message">damaged: ${damageInWords(damage)}</p>`;
}

/** Runs that cannot be read, with the reasons; false if there are none. */
export function unreadRuns(damaged: readonly DamagedRun[]): Html | false {
  if (damaged.length === 0) return false;
  return html`<h2>Runs that cannot be read</h2><ul>${damaged.map(({ id, reason }) => html`<li><b>${id}</b>: ${reason}</li>`)}</ul>`;
}

/** The buttons of a run, which its page's script shows as they fit its status. */
export function runButtons({ id }: Pick<RunSummary, "id">): Html {
  return html`<button type="button" data-act="stop" hidden aria-label="stop ${id}">Stop</button><button type="button" data-act="resume" hidden aria-label="resume ${id}">Resume</button>`;
}

/** @param controlled whether runs are started and stopped from the page */
export function runsPage(runs: readonly RunSummary[], damaged: readonly DamagedRun[], controlled: boolean): string {
  const names = new Map(runs.flatMap(({ figures }) => figures.map(({ id, name }) => [id as string, name])));
  const columns = listed.filter((id) => names.has(id));
  const many = runs.length > 1;
  const row = (run: RunSummary): Html => {
    const figure = (id: string): string => {
      const found = run.figures.find((one) => one.id === id);
      return found ? shownFigure(found) : "";
    };
    return html`<tr>${many && html`<td class="text"><input type="checkbox" name="run" value="${run.id}" aria-label="compare ${run.id}"></td>`}<th scope="row"><a href="${runPath(run.id)}">${run.id}</a></th>
<td class="text">${statusMark(run.status)}${damageNote(run)}</td>${controlled && html`<td class="controls" data-run="${encodeURIComponent(run.id)}" data-status="${run.status}">${runButtons(run)}</td>`}
<td class="text">${run.models.base}${run.models.tuned && ` → ${run.models.tuned}`}</td><td class="text">${run.reward}</td><td class="number">${run.seed}</td>
${columns.map((id) => html`<td class="number">${figure(id)}</td>`)}</tr>
`;
  };
  return renderFrame({
    title: "Runs",
    kicker: "Learned against given reward",
    heading: "Runs",
    tabs: [{ name: "Runs", path: "/" }, ...(controlled ? [{ name: "New run", path: "/new" }] : [])],
    here: "/",
    ...(controlled && { module: "runs" }),
    body: [
      controlled && html`<p class="message" id="said" role="status"></p>`,
      runs.length === 0
        ? html`<div class="not-run"><p>This folder has no run yet.</p><ul><li>${controlled && html`<a href="/new">New run</a> starts one. `}<code>rewardscope run default</code> makes one in <code>runs/</code>; this page shows its progress.</li></ul></div>`
        : html`<h2>${runs.length === 1 ? "One run" : `${runs.length} runs`}</h2>
<form action="/compare" method="get"><div class="table"><div class="scroll" tabindex="0" role="region" aria-label="Runs"><table>
<thead><tr>${many && html`<th scope="col">compare</th>`}<th scope="col">run</th><th scope="col">status</th>${controlled && html`<th scope="col">stop, resume</th>`}<th scope="col">model</th><th scope="col">reward</th><th scope="col" class="number">seed</th>${columns.map((id) => html`<th scope="col" class="number">${names.get(id)}</th>`)}</tr></thead>
<tbody>${runs.map(row)}</tbody></table></div>
<p class="note">Metrics with 95% intervals.</p></div>${many && html`<button>Compare the chosen runs</button>`}</form>`,
      unreadRuns(damaged),
    ],
  });
}
