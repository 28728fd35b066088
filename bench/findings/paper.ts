/** The cells of docs/paper.md's last column that are numbers of the five seeds, by the item in the first column. */
import { join } from "node:path";
import { tau } from "../../src/pipeline/sweep/headline-metrics.js";
import type { Interval, LexiconRow, MeasuredSetting, ModelRole, Results } from "../../src/results/results.js";
import { readLexicon } from "../../src/results/sections/probe.js";
import { mean } from "../../src/stats/moments.js";
import { bare, type Measured, type Notation, numberText, rangeText, spreadText } from "./numbers.js";
import type { SeedRun } from "./rows.js";

const two: Notation = { digits: 2 };
const three: Notation = { digits: 3 };
const share: Notation = { digits: 1, percent: true };

/** The six words of Table 3. */
const words = ["award", "loved", "great", "despised", "weak", "dreadful"];

function rebuilt(word: string, lexicons: readonly (readonly LexiconRow[])[]): string {
  const values = lexicons.flatMap((rows) => rows.find((row) => row.word === word)?.tunedRidge ?? []);
  return values.length < lexicons.length ? `${word} –` : `${word} ${spreadText(values, two)}`;
}

/** Words of Table 10 that R rebuilt, and those whose sign agrees. */
function signs({ probe }: Results): { rebuilt: number; agree: number } {
  const known = probe!.paperWords.filter(({ tuned }) => tuned !== null);
  return { rebuilt: known.length, agree: known.filter(({ tuned, trueValue }) => tuned! * trueValue > 0).length };
}

const opinions = (wanted: ModelRole) => (results: Results) =>
  results.classify!.models.find(({ model }) => model === wanted)!.topics.find(({ topic }) => topic === "movie opinion")
    ?.features ?? 0;

/** L0 / 100 and normalised error of a setting, as in Tables 12 and 13. */
function setting(runs: readonly SeedRun[], of: (results: Results) => MeasuredSetting | undefined): string {
  const found = runs.map(({ results }) => of(results)!);
  const sparsity = found.map(({ l0 }) => l0.value / 100);
  return `${spreadText(sparsity, three)} and ${spreadText(
    found.map(({ normalisedMse }) => normalisedMse),
    three,
  )}`;
}

const settingOf = (study: "tying" | "layerChoice", index: number) => (results: Results) =>
  results.studies?.[study]?.settings[index];

export async function paperCells(folder: string, runs: readonly SeedRun[]): Promise<Record<string, string>> {
  const all = <T extends Measured>(of: (results: Results) => T) => runs.map(({ results }) => of(results));
  const spread = (of: (results: Results) => Measured, notation: Notation) => spreadText(all(of), notation);
  const mid = (of: (results: Results) => Measured) => numberText(mean(all(of).map(bare)), two);
  const lexicons = await Promise.all(runs.map(({ seed }) => readLexicon(join(folder, `seed-${seed}`))));
  const ablate = (of: (ablate: NonNullable<Results["ablate"]>) => Interval | undefined) => (results: Results) =>
    of(results.ablate!);
  const tuned = ({ frequency }: Results) => frequency!.models.find(({ model }) => model === "tuned")!;
  const counted = signs(runs[0].results).rebuilt;
  const layers = [0, 1, 2, 3, 4, 5].map((layer) =>
    all(({ divergence }) => divergence!.layers.find((one) => one.layer === layer)!.divergence),
  );
  const deviations = layers.map((values) => spreadText(values, two).split(" ± ")[1]).sort();
  const range = (of: (results: Results) => number) => rangeText(all(of), { digits: 0 });
  const cells: Record<string, string> = {
    "Table 3": `ridge: ${words.map((word) => rebuilt(word, lexicons)).join(", ")}`,
    "Table 4":
      `least squares ${spread(tau("tuned", "leastSquares", "all"), three)}, ridge ${spread(tau("tuned", "ridge", "all"), three)}; ` +
      `base model ${spread(tau("base", "leastSquares", "all"), three)}, ${spread(tau("base", "ridge", "all"), three)}`,
    "Table 5":
      `${mid(ablate(({ before }) => before))} → ${mid(ablate(({ after }) => after))}, ` +
      `${spread(
        ablate(({ effect }) => effect),
        two,
      )} (${rangeText(all(ablate(({ effect }) => effect)), two)}); ` +
      `random features ${spread(
        ablate(({ random }) => random?.meanEffect),
        two,
      )}, ` +
      `same frequency ${spread(
        ablate(({ matchedFrequency }) => matchedFrequency?.meanEffect),
        two,
      )}`,
    "Table 6":
      `${spread((results) => tuned(results).related, share)} and ${spread((results) => tuned(results).average, share)}; ` +
      `same frequency ${spread((results) => tuned(results).matchedFrequency, share)}`,
    "Table 7":
      `${spread(({ tune }) => tune?.reward.base, two)} and ${spread(({ tune }) => tune?.reward.tuned, two)}, ` +
      `difference ${spread(({ tune }) => tune?.reward.difference, two)}`,
    "Appendix F": `${range(opinions("tuned"))} of 150 tuned, ${range(opinions("base"))} of 150 base (rule)`,
    "Table 10": `${range((results) => signs(results).agree)} of ${counted} signs agree (least squares)`,
    "Table 11": `ridge ${spread(tau("tuned", "ridge", "negative"), three)}; base model ${spread(tau("base", "ridge", "negative"), three)}`,
    "Figure 4":
      `layers 0 to 5: ${layers.map((values) => spreadText(values, two).split(" ± ")[0]).join(", ")} ` +
      `(± ${deviations[0]} to ${deviations.at(-1)})`,
  };
  if (runs.every(({ results }) => results.studies)) {
    const sweep = runs[0].results.studies!.sweep.map(({ l1Coef }, i) => {
      const at = (of: (one: MeasuredSetting) => Interval) => all(({ studies }) => of(studies!.sweep[i]));
      const active = spreadText(
        at(({ l0 }) => l0),
        { digits: 0 },
      );
      return `weight ${l1Coef}: ${active} and ${spreadText(
        at(({ normalisedMse }) => normalisedMse),
        two,
      )}`;
    });
    cells["Table 12"] =
      `batch top-k of 16: ${setting(runs, settingOf("tying", 0))} tied, ${setting(runs, settingOf("tying", 1))} untied, ` +
      "with a free encoder";
    cells["Table 13"] =
      `highest divergence: ${setting(runs, settingOf("layerChoice", 0))}; ` +
      `lowest divergence, which are the first layers: ${setting(runs, settingOf("layerChoice", 1))}`;
    cells["Figure 5"] = `active features and normalised error at ${sweep.join("; ")}`;
  }
  return cells;
}
