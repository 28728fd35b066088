/** Tables: single words, rebuilt and true (paper, Tables 3 and 10). */
import type { LexiconRow } from "../../pipeline/results.js";
import { type PublishedWord, table3, table10 } from "../../published.js";
import { fixed } from "../format.js";
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
  "Least squares, mean over the word's occurrences, by probes that were not fitted on the word. A dash: no token of its own, or not met.";

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
