/** The page of a benchmark: how well each method finds what organisms were rewarded for. */
import { join } from "node:path";
import { writeFileAtomic } from "../../io/atomic.js";
import type { BenchmarkResults } from "../../results/benchmark.js";
import { duration, fixed, percent, whole } from "../format.js";
import { html } from "../html.js";
import { renderPage } from "../page.js";
import type { Section } from "../sections/section.js";
import { showTable, type Table } from "../tables/table.js";

/** One row per method, chance last. */
function methodTable({ methods, chance, doseAuroc, hypotheses }: BenchmarkResults): Table {
  return {
    caption: "Methods",
    columns: [
      { label: "method", text: true },
      { label: "recall@10" },
      { label: "average precision" },
      { label: "AUROC" },
      { label: "right sign" },
      { label: "false at 95%" },
      { label: "false at 95% of all" },
      { label: "smallest dose" },
      { label: "time" },
    ],
    rows: [
      ...methods.map(({ method, summary, ...row }) => ({
        source: "run" as const,
        cells: [
          html`${method} <span class="meaning">${summary}</span>`,
          fixed(row.recallAt10),
          fixed(row.averagePrecision),
          fixed(row.auroc),
          percent(row.rightSign, 0),
          percent(row.falseAt95, 0),
          percent(row.falseAtAll, 0),
          row.smallestDose === null ? "none" : String(row.smallestDose),
          duration(row.seconds),
        ],
      })),
      {
        source: "control" as const,
        cells: [
          "an order by lot",
          fixed(chance.recallAt10),
          fixed(chance.averagePrecision),
          "0.50",
          "50%",
          "",
          "",
          "",
          "",
        ],
      },
    ],
    note: `Means over pairs whose reward is known. False: share of hypotheses whose interval excludes 0 where nothing in a text
is rewarded; of all: with intervals widened for ${whole(hypotheses)} hypotheses together. Smallest dose: from which on AUROC is at
least ${doseAuroc}. Time: of the method, without what methods share: sampling, reading the texts, training dictionaries.`,
  };
}

/** AUROC by pair and method. */
function pairTable({ pairs, methods, outcomes }: BenchmarkResults): Table {
  const of = (pair: string, method: string) => outcomes.find((one) => one.pair === pair && one.method === method);
  return {
    caption: "AUROC by pair",
    columns: [
      { label: "pair", text: true },
      { label: "KL" },
      { label: "true" },
      { label: "left out" },
      ...methods.map(({ method }) => ({ label: method })),
    ],
    rows: pairs.map(({ name, summary, kl, truths, leftOut }) => ({
      source: "run" as const,
      cells: [
        html`${name} <span class="meaning">${summary}</span>`,
        fixed(kl, 1),
        truths === null ? "held back" : whole(truths),
        whole(leftOut),
        ...methods.map(({ method }) => fixed(of(name, method)?.auroc)),
      ],
    })),
    note: `KL: of a completion of the tuned model from the base model, in nats. Left out: hypotheses that correlate with the
reward and are neither true nor false.`,
  };
}

/** The page as one HTML document. */
export function renderBenchmarkPage(results: BenchmarkResults): string {
  const best = [...results.methods].sort((a, b) => (b.auroc ?? 0) - (a.auroc ?? 0))[0];
  const sections: Section[] = [
    {
      id: "overview",
      title: "Which method finds the reward?",
      lead:
        best && best.auroc !== null
          ? `The highest mean AUROC, ${fixed(best.auroc)}, has ${best.method}: ${best.summary}.`
          : "No truth is known of these pairs; the rankings are in the folder ranks.",
      body: showTable(methodTable(results)),
    },
    { id: "pairs", title: "Pair by pair", lead: undefined, body: showTable(pairTable(results)) },
  ];
  return renderPage({
    title: "rewardscope benchmark",
    heading: "Rewards that are known, and what methods find of them",
    byline: [`${whole(results.pairs.length)} pairs`, `${whole(results.hypotheses)} hypotheses`],
    sections,
    footer: "All numbers: this benchmark.",
  });
}

/** Writes benchmark.html. */
export function writeBenchmarkPage(folder: string, results: BenchmarkResults): Promise<void> {
  return writeFileAtomic(join(folder, "benchmark.html"), renderBenchmarkPage(results));
}
