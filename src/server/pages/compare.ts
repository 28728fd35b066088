/** Compares runs: headline metrics, settings that differ, and the curves of tuning. */
import { curvesOfRuns } from "../../report/figures/curves-of-runs.js";
import { html } from "../../report/html.js";
import { figures } from "../../report/sections/section.js";
import { flatSettings } from "../../report/settings.js";
import { showTable } from "../../report/tables/table.js";
import type { RunData } from "../../results/read-run.js";
import type { DamagedRun } from "../find-runs.js";
import type { RunSummary } from "../summarise-run.js";
import { renderFrame, runPath } from "./frame.js";
import { damageNote, shownFigure, unreadRuns } from "./runs.js";

export interface ComparedRun {
  readonly summary: RunSummary;
  readonly run: Pick<RunData, "record" | "metrics">;
}

/**
 * @param runs    two or more
 * @param damaged requested runs that cannot be read
 */
export function comparePage(runs: readonly ComparedRun[], damaged: readonly DamagedRun[]): string {
  const columns = [
    { label: "", text: true },
    ...runs.map(({ summary }) => ({
      label: html`<a href="${runPath(summary.id)}">${summary.id}</a>${damageNote(summary)}`,
    })),
  ];
  const names = new Map(runs.flatMap(({ summary }) => summary.figures.map(({ id, name }) => [id, name])));
  const settings = runs.map(({ run }) => new Map(flatSettings(run.record.config)));
  const paths = [...new Set(settings.flatMap((of) => [...of.keys()]))].filter(
    (path) => new Set(settings.map((of) => of.get(path))).size > 1,
  );
  const series = runs.map(({ summary, run }) => ({ name: summary.id, metrics: run.metrics }));
  return renderFrame({
    title: "Comparison",
    kicker: "Comparison",
    heading: runs.map(({ summary }) => summary.id).join(" and "),
    tabs: [{ name: "Runs", path: "/" }],
    here: "",
    body: [
      html`<h2>Figures</h2>`,
      showTable({
        caption: "Headline metrics, each with its 95% interval within the run",
        columns,
        rows: [...names].map(([id, name]) => ({
          source: "run",
          cells: [
            name,
            ...runs.map(({ summary }) => {
              const found = summary.figures.find((figure) => figure.id === id);
              return found ? shownFigure(found) : "";
            }),
          ],
        })),
      }),
      html`<h2>Settings that differ</h2>`,
      paths.length === 0
        ? html`<p class="note">None: the runs have the same settings.</p>`
        : showTable({
            caption: "Settings that differ",
            columns: columns.map((column) => ({ ...column, text: true })),
            rows: paths.map((path) => ({
              source: "run",
              cells: [html`<code>${path}</code>`, ...settings.map((of) => of.get(path) ?? "")],
            })),
          }),
      html`<h2>Tuning</h2>`,
      figures(curvesOfRuns(series, "objective/scores"), curvesOfRuns(series, "objective/kl")),
      unreadRuns(damaged),
    ],
  });
}
