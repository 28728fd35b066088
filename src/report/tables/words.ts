/** Tables: rebuilt and true values of single words (paper, Tables 3 and 10). */

import { type PublishedWord, table3, table10 } from "../../paper/published.js";
import type { LexiconRow } from "../../results/results.js";
import { fixed, percent } from "../format.js";
import type { Row, Table } from "./table.js";

const columns = [
  { label: "Word", text: true },
  { label: "Lexicon" },
  { label: "Paper, GPT-Neo-125m" },
  { label: "This run, tuned" },
  { label: "This run, base" },
  { label: "Occurrences" },
];

const note =
  "Rebuilt value: mean of the least squares probe over the word's occurrences, by fits without the word. A dash: the word is not a single token, or does not occur.";

export function sixWordsTable(lexicon: readonly LexiconRow[]): Table {
  return { caption: "Six words", paper: "Table 3", columns, rows: wordRows(table3, lexicon, 2) };
}

export function thirtyWordsTable(lexicon: readonly LexiconRow[]): Table {
  const rows = wordRows(table10, lexicon, 1);
  const found = new Map(lexicon.map((row) => [row.word, row]));
  const paper = table10.filter(({ rebuilt, trueValue }) => Math.sign(rebuilt) === Math.sign(trueValue)).length;
  const own = (["tuned", "base"] as const).map((model) => {
    const pairs = table10.flatMap(({ word, trueValue }) => {
      const value = found.get(word)?.[model];
      return value === null || value === undefined ? [] : [{ value, trueValue }];
    });
    return `${pairs.filter(({ value, trueValue }) => Math.sign(value) === Math.sign(trueValue)).length} of ${pairs.length}`;
  });
  const total: Row = {
    source: "run",
    cells: ["Same sign as the lexicon", "", `${paper} of ${table10.length}`, ...own, ""],
  };
  return { caption: "Thirty words", paper: "Table 10", columns, rows: [...rows, total], note };
}

/** Words with fewer occurrences have too noisy values to be listed as extremes. */
const OFTEN = 10;
const MOST = 10;

/**
 * The words whose rank in the lexicon rebuilt by the ridge probe is furthest above or below their
 * rank in the given lexicon. Undefined if fewer than two words occur often enough.
 */
export function misplacedWordsTable(lexicon: readonly LexiconRow[], where: "above" | "below"): Table | undefined {
  const met = lexicon.filter(({ tunedRidge, tunedOccurrences }) => tunedRidge !== null && tunedOccurrences >= OFTEN);
  if (met.length < 2) return undefined;
  const given = places(met.map(({ trueValue }) => trueValue));
  const tuned = places(met.map(({ tunedRidge }) => tunedRidge!));
  const base = places(met.map(({ baseRidge }) => baseRidge ?? Number.NaN));
  const sign = where === "above" ? 1 : -1;
  const shift = (i: number) => sign * (tuned[i] - given[i]);
  const furthest = [...met.keys()].sort((a, b) => shift(b) - shift(a)).slice(0, MOST);
  return {
    caption: `Words that the rebuilt lexicon ranks furthest ${where} the given one`,
    columns: [
      { label: "Word", text: true },
      { label: "Lexicon" },
      { label: "Rank in the lexicon" },
      { label: "Rebuilt rank, tuned" },
      { label: "Rebuilt rank, base" },
      { label: "Occurrences" },
    ],
    rows: furthest.map((i) => ({
      source: "run",
      cells: [
        met[i].word,
        fixed(met[i].trueValue, 1),
        ...[given, tuned, base].map((place) => percent(place[i], 0)),
        met[i].tunedOccurrences,
      ],
    })),
    note: `Rank: the percentage of words with a lower value, ties counted half, among the ${met.length} words with at least ${OFTEN} occurrences; by the ridge probe. If the base model's rank is the same, tuning is not the cause. The extremes among many words are partly chance.`,
  };
}

/**
 * Share of the other values that are lower, ties counted half; NaN is a missing value without rank.
 */
function places(values: readonly number[]): number[] {
  const known = values.filter((value) => !Number.isNaN(value));
  return values.map((value) => {
    if (Number.isNaN(value) || known.length < 2) return Number.NaN;
    const lower = known.filter((other) => other < value).length;
    const same = known.filter((other) => other === value).length - 1;
    return (lower + same / 2) / (known.length - 1);
  });
}

function wordRows(published: readonly PublishedWord[], lexicon: readonly LexiconRow[], digits: number): Row[] {
  const found = new Map(lexicon.map((row) => [row.word, row]));
  return published.map(({ word, rebuilt, trueValue }) => {
    const row = found.get(word);
    return {
      source: "run",
      cells: [
        word,
        fixed(trueValue, 1),
        fixed(rebuilt, digits),
        fixed(row?.tuned),
        fixed(row?.base),
        row ? row.tunedOccurrences : "–",
      ],
    };
  });
}
