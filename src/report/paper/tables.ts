/** The paper's tables with a row per run of the set, each beside what the paper prints for its model. */
import type { FeatureRecord, ModelRole } from "../../pipeline/results.js";
import type { PaperModel, PublishedDescription } from "../../published.js";
import { table1, table2, table4, table5, table6, table7, table11 } from "../../published.js";
import { table8, table9 } from "../../published-descriptions.js";
import { fixed, interval, percent, percentInterval, pValue, sample, whole } from "../format.js";
import { type Content, html } from "../html.js";
import { kendallOf } from "../tables/kendall.js";
import { controlHead, ownHead, type Row, type Table } from "../tables/table.js";
import type { SetRun } from "./read-set.js";

/** A table of one row per run: cells after the model's name. A run without such results has no row of its own. */
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
    note: "Tau-b with 95% interval over words. The paper prints tau under the name of a distance.",
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
          ["as many random features", results.ablate?.random],
          ["as many of the same frequency", results.ablate?.matchedFrequency],
          ["as many explained, not labelled", results.ablate?.unlabelled],
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

/** The best matched features of a layer, best first. */
function best(run: SetRun, model: ModelRole, layer: number, count: number): FeatureRecord[] {
  return run.run.features
    .filter((feature) => feature.model === model && feature.layer === layer)
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, count);
}

const described = (feature: FeatureRecord | undefined): Content =>
  feature ? html`${feature.explanation} <span class="source">feature ${feature.feature}</span>` : dash;

function descriptionRows(run: SetRun, printed: readonly PublishedDescription[], perLayer: number): Row[] {
  const published = [...new Set(printed.map(({ layer }) => layer))];
  const own = run.run.results.divergence?.chosen.toSorted((a, b) => a - b) ?? [];
  const rows: Row[] = [];
  for (let i = 0; i < Math.max(published.length, own.length); i++) {
    const theirs = printed.filter(({ layer }) => layer === published[i]);
    const [tuned, base] = (["tuned", "base"] as const).map((model) =>
      i < own.length ? best(run, model, own[i], perLayer) : [],
    );
    const count = Math.max(theirs.length, tuned.length, base.length);
    for (let k = 0; k < count; k++) {
      const paper = theirs[k];
      rows.push({
        source: "run",
        cells: [
          `Paper's layer ${published[i] ?? dash}, own layer ${own[i] ?? dash}, ${k + 1}`,
          paper ? html`${paper.explanation} <span class="source">feature ${paper.feature}</span>` : dash,
          described(tuned[k]),
          described(base[k]),
        ],
      });
    }
  }
  return rows;
}

const descriptionColumns = [
  { label: "Layer and rank", text: true },
  { label: "Paper, tuned", text: true },
  { label: "This run, tuned", text: true },
  { label: "This run, base", text: true },
];

/** Descriptions of features under the classifier reward: five of them, and all that are printed (Tables 2, 8 and 9). */
export function descriptionTables(run: SetRun): { five: Table; all: Table } {
  return {
    five: {
      caption: "Five descriptions of features",
      paper: "Table 2",
      columns: descriptionColumns,
      rows: descriptionRows(run, table2, 1),
      note: "The paper's by GPT-4; this run's best matched feature of each layer, by the explainer that the run names.",
    },
    all: {
      caption: "Descriptions of the best matched features",
      paper: "Tables 8 and 9",
      columns: descriptionColumns,
      rows: descriptionRows(run, [...table8, ...table9], 10),
      note: "Ranks by best cosine, where the paper gives no order but that of its rows. Its base model's descriptions are not published.",
    },
  };
}
