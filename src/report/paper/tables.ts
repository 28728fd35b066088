/** The paper's tables with a row per run of the set, each below the paper's row of its model. */

import type { PaperModel } from "../../paper/published.js";
import { table1, table4, table5, table6, table7, table11 } from "../../paper/published.js";
import type { ModelRole } from "../../results/results.js";
import { fixed, interval, percent, percentInterval, pValue, sample, whole } from "../format.js";
import { type Content, html } from "../html.js";
import { kendallOf } from "../tables/kendall.js";
import { controlHead, ownHead, type Row, type Table } from "../tables/table.js";
import type { SetRun } from "./read-set.js";

/**
 * A table with one row per run: cells after the model's name; dashes for a run without such
 * results.
 */
interface PerRun {
  caption: string;
  paper: string;
  columns: readonly string[];
  published: (model: PaperModel) => readonly Content[];
  own: (run: SetRun) => readonly Content[] | undefined;
  controls?: (run: SetRun) => readonly (readonly [name: string, cells: readonly Content[]])[];
  note?: string;
}

function perRun(runs: readonly SetRun[], { caption, paper, columns, published, own, controls, note }: PerRun): Table {
  return {
    caption,
    paper,
    columns: [{ label: "Model", text: true }, ...columns.map((label) => ({ label }))],
    rows: runs.flatMap((run): Row[] => {
      const cells = own(run);
      return [
        ...(run.published
          ? [
              {
                source: "published" as const,
                cells: [html`${run.name} <span class="source">paper</span>`, ...published(run.published)],
              },
            ]
          : []),
        { source: "run" as const, cells: [ownHead(run.name), ...(cells ?? columns.map(() => "–"))] },
        ...(controls?.(run) ?? []).map(([name, values]) => ({
          source: "control" as const,
          cells: [controlHead(`${run.name}: ${name}`), ...values],
        })),
      ];
    }),
    note,
  };
}

const dash = "–";

export function sizesTable(runs: readonly SetRun[]): Table {
  return perRun(runs, {
    caption: "Features per dictionary",
    paper: "Table 1",
    columns: ["Large", "Small"],
    published: (model) => [whole(table1[model].large), whole(table1[model].small)],
    own: ({ run }) => {
      const all = run.results.dictionaries?.dictionaries;
      const size = (wanted: "large" | "small") => whole(all?.find((one) => one.size === wanted)?.dSae);
      return all && [size("large"), size("small")];
    },
  });
}

export function rewardsTable(runs: readonly SetRun[]): Table {
  return perRun(runs, {
    caption: "Reward of base and tuned model",
    paper: "Table 7",
    columns: ["Base", "Tuned", "Tuned − base", "n"],
    published: (model) => {
      const { base, tuned } = table7[model];
      return [fixed(base), fixed(tuned), fixed(tuned - base), "1,000 prompts"];
    },
    own: ({ run: { results } }) => {
      const reward = results.tune?.reward;
      return (
        reward && [interval(reward.base), interval(reward.tuned), interval(reward.difference), sample(reward.tuned)]
      );
    },
    note: "A classifier's reward is a logit and not comparable with sums of the lexicon.",
  });
}

/** Rank agreement over all words (Table 4) or the negative ones (Table 11). */
export function tauTable(runs: readonly SetRun[], words: "all" | "negative"): Table {
  const printed = words === "all" ? table4 : table11;
  const cells = (run: SetRun, model: ModelRole, estimator: "leastSquares" | "ridge") => {
    const { probe } = run.run.results;
    const found = probe && kendallOf(probe, model, words, estimator);
    return found && [interval(found.tau, 3), pValue(found.pValue), sample(found.tau)];
  };
  return perRun(runs, {
    caption: `Rank agreement of rebuilt and given lexicon, ${words} words`,
    paper: words === "all" ? "Table 4" : "Table 11",
    columns: ["Tau", "p", "n"],
    published: (model) => [fixed(printed[model].tau, 3), pValue(printed[model].pValue), "not given"],
    own: (run) => cells(run, "tuned", "leastSquares"),
    controls: (run) =>
      (
        [
          ["tuned model, ridge", "tuned", "ridge"],
          ["base model, least squares", "base", "leastSquares"],
          ["base model, ridge", "base", "ridge"],
        ] as const
      ).flatMap(([name, model, estimator]) => {
        const values = cells(run, model, estimator);
        return values ? [[name, values] as const] : [];
      }),
    note: "Tau-b with 95% interval over words. The paper calls tau a distance.",
  });
}

export function ablationsTable(runs: readonly SetRun[]): Table {
  return perRun(runs, {
    caption: "Reward before and after ablation",
    paper: "Table 5",
    columns: ["Before", "After", "After − before", "Labelled − control", "n"],
    published: (model) => {
      const { before, after } = table5[model];
      return [fixed(before), fixed(after), fixed(after - before), dash, "1,000 prompts"];
    },
    own: ({ run: { results } }) => {
      const { ablate } = results;
      if (!ablate) return undefined;
      return [interval(ablate.before), interval(ablate.after), interval(ablate.effect), "", sample(ablate.effect)];
    },
    controls: ({ run: { results } }) =>
      (
        [
          ["the same number of random features", results.ablate?.random],
          ["... of the same frequency", results.ablate?.matchedFrequency],
          ["... explained, not labelled", results.ablate?.unlabelled],
        ] as const
      ).flatMap(([name, control]) =>
        control
          ? [
              [
                name,
                ["", "", interval(control.meanEffect), interval(control.difference), sample(control.meanEffect)],
              ] as const,
            ]
          : [],
      ),
  });
}

export function frequenciesTable(runs: readonly SetRun[]): Table {
  const ofModel = (run: SetRun, model: ModelRole) =>
    run.run.results.frequency?.models.find((entry) => entry.model === model);
  const cells = (run: SetRun, model: ModelRole) => {
    const found = ofModel(run, model);
    return (
      found && [
        percentInterval(found.related),
        percentInterval(found.matchedFrequency),
        percentInterval(found.average),
        percent(found.shareAbove),
      ]
    );
  };
  return perRun(runs, {
    caption: "Frequency of activation where R predicts a high reward",
    paper: "Table 6",
    columns: ["Labelled features", "Same frequency (control)", "Average feature", "R above 3"],
    published: (model) => [percent(table6[model].ablated), dash, percent(table6[model].average), dash],
    own: (run) => cells(run, "tuned"),
    controls: (run) => {
      const values = cells(run, "base");
      return values ? [["base model", values] as const] : [];
    },
  });
}
