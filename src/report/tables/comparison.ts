/** Table: the paper's main figures beside this run's, in one view. */
import type { Results } from "../../pipeline/results.js";
import { fixed, interval, mean, percent, percentInterval, whole } from "../format.js";
import {
  type PaperModel,
  paperModels,
  table1,
  table4,
  table5,
  table6,
  table7,
  table11,
  table12,
} from "../published.js";
import { kendallOf } from "./kendall.js";
import type { Row, Table } from "./table.js";

export function comparisonTable(results: Results): Table {
  const { tune, dictionaries, probe, ablate, frequency } = results;
  const row = (name: string, paper: (model: PaperModel) => string, own: string, control: string): Row => ({
    source: "run",
    cells: [name, ...paperModels.map(paper), own, control],
  });
  const quality = (pick: "l0" | "normalisedMse", model: "tuned" | "base") =>
    mean(
      (dictionaries?.dictionaries ?? [])
        .filter((one) => one.model === model && one.size === "small")
        .map((one) => one[pick]),
    );
  const sizes = (["large", "small"] as const).map((size) =>
    whole(dictionaries?.dictionaries.find((one) => one.size === size)?.dSae),
  );
  const tied = (model: PaperModel) => table12.find((one) => one.model === model && one.setting === "tied weights");
  const tuned = frequency?.models.find(({ model }) => model === "tuned");
  const base = frequency?.models.find(({ model }) => model === "base");
  const tau = (model: "tuned" | "base", words: "all" | "negative") =>
    interval(probe && kendallOf(probe, model, words)?.tau, 3);
  return {
    caption: "The paper beside this run",
    columns: [
      { label: "Measure", text: true },
      ...paperModels.map((model) => ({ label: model })),
      { label: "This run" },
      { label: "Its control" },
    ],
    rows: [
      row(
        "Reward of the tuned model (Table 7)",
        (model) => fixed(table7[model].tuned),
        interval(tune?.reward.tuned),
        `base ${interval(tune?.reward.base)}`,
      ),
      row("Reward of the base model (Table 7)", (model) => fixed(table7[model].base), interval(tune?.reward.base), ""),
      row(
        "Kendall tau, all words (Table 4)",
        (model) => fixed(table4[model].tau, 3),
        tau("tuned", "all"),
        `base ${tau("base", "all")}`,
      ),
      row(
        "Kendall tau, negative words (Table 11)",
        (model) => fixed(table11[model].tau, 3),
        tau("tuned", "negative"),
        `base ${tau("base", "negative")}`,
      ),
      row(
        "Change of the reward by ablation (Table 5)",
        (model) => fixed(table5[model].after - table5[model].before),
        interval(ablate?.effect),
        `random ${interval(ablate?.random.draws.length ? ablate.random.meanEffect : undefined)}`,
      ),
      row(
        "Labelled features active, high R (Table 6)",
        (model) => percent(table6[model].ablated),
        percentInterval(tuned?.related),
        `base ${percentInterval(base?.related)}`,
      ),
      row(
        "Average feature active, high R (Table 6)",
        (model) => percent(table6[model].average),
        percentInterval(tuned?.average),
        `same frequency ${percentInterval(tuned?.matchedFrequency)}`,
      ),
      row(
        "Dictionary sizes, large / small (Table 1)",
        (model) => `${whole(table1[model].large)} / ${whole(table1[model].small)}`,
        sizes.join(" / "),
        "",
      ),
      row(
        "L0 / 100, tied weights (Table 12)",
        (model) => fixed(tied(model)?.sparsity, 3),
        fixed(quality("l0", "tuned") / 100, 3),
        `base ${fixed(quality("l0", "base") / 100, 3)}`,
      ),
      row(
        "Reconstruction, tied weights (Table 12)",
        (model) => fixed(tied(model)?.reconstruction, 3),
        fixed(quality("normalisedMse", "tuned"), 3),
        `base ${fixed(quality("normalisedMse", "base"), 3)}`,
      ),
    ],
    note: "Brackets: 95% bootstrap interval over prompts, words or texts; n stands in the section of each measure. Changes in Table 5's row are after minus before. A dash: not run, or not published.",
  };
}
