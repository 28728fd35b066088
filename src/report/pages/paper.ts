/**
 * The page of a set of presets: the paper's tables and figures, each with the runs of the set for
 * comparison.
 */

import { type PublishedQuality, table12, table13 } from "../../paper/published.js";
import { secondsOfWork, versionAndWork } from "../byline.js";
import { l1SweepFigure } from "../figures/l1-sweep.js";
import { layerDivergenceFigure } from "../figures/layer-divergence.js";
import { duration, whole } from "../format.js";
import { type Content, type Html, html } from "../html.js";
import { renderPage } from "../page.js";
import type { SetData, SetRun } from "../paper/read-set.js";
import { ablationsTable, frequenciesTable, rewardsTable, sizesTable, tauTable } from "../paper/tables.js";
import { figures, folded, type Section } from "../sections/section.js";
import { descriptionTables } from "../tables/descriptions.js";
import { layerChoiceTable, tyingTable } from "../tables/studies.js";
import { showTable, type Table } from "../tables/table.js";
import { sixWordsTable, thirtyWordsTable } from "../tables/words.js";

/** The page as one HTML document. The same files give the same bytes. */
export function renderSetReport({ set, runs }: SetData): string {
  const sections = [
    overview(runs),
    tuning(runs),
    divergence(runs),
    dictionaries(runs),
    features(runs),
    learnedReward(runs),
    validation(runs),
  ];
  return renderPage({
    title: `${set}: rewardscope report`,
    heading: `The ${set}, item by item`,
    byline: [`${runs.length} runs`, ...versionAndWork(runs.map(({ run }) => run))],
    sections,
    footer:
      "Published numbers: Marks, Abdullah, Neo, Arike, Torr, Barez, “Beyond Training Objectives: Interpreting Reward Model Divergence in Large Language Models”. All others: the runs of this set, each of which has its own report.",
  });
}

function overview(runs: readonly SetRun[]): Section {
  const state = ({ run }: SetRun): string => {
    const stages = Object.values(run.record.stages);
    const done = stages.filter(({ status }) => status === "done").length;
    return `${done} of ${stages.length} stages`;
  };
  const time = ({ run }: SetRun) => duration(secondsOfWork([run]));
  const table: Table = {
    caption: "The runs",
    columns: [
      { label: "Run", text: true },
      { label: "Preset", text: true },
      { label: "Stages" },
      { label: "Chosen layers", text: true },
      { label: "Triples" },
      { label: "Work" },
    ],
    rows: runs.map((run) => ({
      source: "run",
      cells: [
        html`<a href="${run.href}">${run.name}</a>`,
        run.preset,
        state(run),
        run.run.results.divergence?.chosen.join(", ") ?? "–",
        whole(run.run.results.triples?.triples),
        time(run),
      ],
    })),
    note: "Each name is a link to the run's report, with intervals and controls, and with Figures 1 to 3 of the paper redrawn with the run's numbers.",
  };
  return {
    id: "overview",
    title: "Overview",
    lead: "Tables and figures in the paper's numbering. The paper's row of a model is above the row of the run of that model.",
    body: showTable(table),
  };
}

const section = (id: string, title: string, ...body: readonly Content[]): Section => ({
  id,
  title,
  lead: undefined,
  body,
});

const tuning = (runs: readonly SetRun[]) => section("tuning", "Tuning", showTable(rewardsTable(runs)));

function divergence(runs: readonly SetRun[]): Section {
  const drawn = runs.flatMap(({ name, run }) => {
    const { divergence } = run.results;
    if (!divergence) return [];
    return [{ ...layerDivergenceFigure(divergence), title: `Figure 4: divergence of each layer, ${name}` }];
  });
  return section("divergence", "Divergence", figures(...drawn));
}

function dictionaries(runs: readonly SetRun[]): Section {
  const studied = runs.flatMap(({ name, published, run }) => {
    const { studies } = run.results;
    if (!studies) return [];
    const rows = (printed: readonly PublishedQuality[]) => printed.filter(({ model }) => model === published);
    const figure = l1SweepFigure(studies);
    return {
      figure: figure && { ...figure, title: `Figure 5: ${figure.title}, ${name}` },
      tables: [tyingTable(studies, rows(table12)), layerChoiceTable(studies, rows(table13))].flatMap((table) =>
        table ? [{ ...table, caption: `${table.caption}, ${name}` }] : [],
      ),
    };
  });
  return section(
    "dictionaries",
    "Dictionaries",
    showTable(sizesTable(runs)),
    studied.length > 0
      ? [figures(...studied.map(({ figure }) => figure)), studied.flatMap(({ tables }) => tables.map(showTable))]
      : absent("Figure 5, Tables 12 and 13", "a run with the stage studies"),
  );
}

function features(runs: readonly SetRun[]): Section {
  const classifier = runs.find((run) => run.classifier);
  if (!classifier)
    return section("features", "Features", absent("Tables 2, 8 and 9", "a run on the classifier reward"));
  const { five, all } = descriptionTables(classifier.run);
  return section("features", "Features", showTable(five), folded("The descriptions of Tables 8 and 9", showTable(all)));
}

function learnedReward(runs: readonly SetRun[]): Section {
  const neo = runs.find(({ published }) => published === "GPT-Neo-125m");
  return section(
    "learned-reward",
    "Learned reward",
    showTable(tauTable(runs, "all")),
    showTable(tauTable(runs, "negative")),
    neo
      ? [showTable(sixWordsTable(neo.run.lexicon)), showTable(thirtyWordsTable(neo.run.lexicon))]
      : absent("Tables 3 and 10", "a run of GPT-Neo-125m"),
  );
}

function validation(runs: readonly SetRun[]): Section {
  return section("validation", "Validation", showTable(ablationsTable(runs)), showTable(frequenciesTable(runs)));
}

function absent(what: string, needs: string): Html {
  return html`<p class="note">${what}: not shown, since they need ${needs}, which the set does not have.</p>`;
}
