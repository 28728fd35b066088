/** The page of several seeds: the numbers that the runs have in common, with their spread. */
import type { SeedFigure } from "../../results/results.js";
import { versionAndWork } from "../byline.js";
import { type Content, html } from "../html.js";
import { renderPage } from "../page.js";
import { folded, type Section } from "../sections/section.js";
import { dictionaryMatchesTable } from "../seeds/dictionary-matches.js";
import { featureStabilityTable, stableFeaturesTable } from "../seeds/feature-stability.js";
import { figureTables } from "../seeds/figure-tables.js";
import { overviewSection } from "../seeds/overview.js";
import type { SeedsData } from "../seeds/read-seeds.js";
import { inWords, sentence } from "../seeds/words.js";
import { modelName, rewardName } from "../settings.js";
import { showTable } from "../tables/table.js";

/**
 * The report's sections, and the stages whose numbers they show. Other stages follow as separate
 * sections.
 */
const groups: readonly { id: string; title: string; stages: readonly string[] }[] = [
  { id: "tuning", title: "Tuning", stages: ["tune"] },
  { id: "divergence", title: "Divergence", stages: ["divergence"] },
  { id: "dictionaries", title: "Dictionaries", stages: ["dictionaries", "studies", "match"] },
  { id: "features", title: "Features", stages: ["classify"] },
  { id: "learned-reward", title: "Learned reward", stages: ["triples", "probe"] },
  { id: "validation", title: "Validation", stages: ["ablate", "frequency"] },
];

/** Longer tables are folded. */
const longTable = 14;

/** The page as one HTML document. The same files give the same bytes. */
export function renderSeedsReport(data: SeedsData): string {
  const { results, runs } = data;
  const [first] = runs;
  const name = modelName(first);
  const seeds = `${runs.length} seed${runs.length === 1 ? "" : "s"}`;
  return renderPage({
    title: `${name}, ${seeds}: rewardscope report`,
    heading: `${name}, tuned on ${rewardName(first)}, ${seeds}`,
    byline: [`seed${runs.length === 1 ? "" : "s"} ${results.seeds.join(", ")}`, ...versionAndWork(runs)],
    sections: [overviewSection(data), ...stageSections(data)],
    footer:
      "All numbers, not rounded: seeds.json. Comparison with the paper, figures and texts: the report of each seed.",
  });
}

function stageSections({ results }: SeedsData): Section[] {
  const stageOf = ({ path }: SeedFigure) => String(path[0]);
  const stability = results.featureStability ?? [];
  const grouped = new Set(groups.flatMap(({ stages }) => stages));
  const others = [...new Set(results.figures.map(stageOf))].filter((stage) => !grouped.has(stage));
  const all = [
    ...groups,
    ...others.map((stage) => ({ id: `stage-${stage}`, title: sentence(inWords(stage)), stages: [stage] })),
  ];
  return all.flatMap(({ id, title, stages }) => {
    const tables = figureTables(
      results.figures.filter((figure) => stages.includes(stageOf(figure))),
      results.seeds,
    );
    const body: Content[] = tables.map((table) => {
      if (table.rows.length === 0)
        return html`<div class="table"><p class="note">${table.caption}. ${table.note}</p></div>`;
      if (table.rows.length <= longTable) return showTable(table);
      return folded(`${table.caption} (${table.rows.length} numbers)`, showTable(table));
    });
    if (id === "dictionaries" && results.dictionaryMatches.length > 0)
      body.unshift(showTable(dictionaryMatchesTable(results)));
    if (id === "features" && stability.length > 0) {
      const features = stableFeaturesTable(stability);
      body.unshift(
        showTable(featureStabilityTable(stability)),
        folded(`${features.caption} (${features.rows.length} features)`, showTable(features)),
      );
    }
    return body.length > 0 ? [{ id, title, lead: undefined, body }] : [];
  });
}
