/** The tables of a run folder, JSON Lines and CSV files, as rows of plain values. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readCsv } from "../io/csv.js";
import { isObject } from "../io/json-object.js";
import { readJsonl } from "../io/jsonl.js";

/** A value of a cell; a list or an object whose keys are not known beforehand is JSON. */
export type Cell = string | number | boolean | null;

export interface RunTable {
  /** Its path in the run folder without the ending, e.g. `tuning/metrics`. */
  readonly name: string;
  readonly columns: readonly string[];
  /** One cell per column. */
  readonly rows: readonly (readonly Cell[])[];
}

/** Objects in objects to this depth become columns such as `detection.balancedAccuracy.value`. */
const DEPTH = 2;

/** Names of the tables, sorted. */
export async function tableNames(run: string): Promise<string[]> {
  const files = await readdir(run, { recursive: true });
  return files
    .map((file) => file.split("\\").join("/"))
    .filter((file) => !file.startsWith(".") && /\.(jsonl|csv)$/.test(file))
    .sort();
}

/**
 * A table of a run.
 * @param file its path in the run folder, with its ending
 * @throws FormatError when a line is not a row
 */
export async function readTable(run: string, file: string): Promise<RunTable> {
  const path = join(run, file);
  const isCsv = file.endsWith(".csv");
  const objects: Record<string, Cell>[] = [];
  for await (const row of isCsv ? readCsv(path) : readJsonl(path, { dropTornTail: true }))
    objects.push(isCsv ? (row as Record<string, string>) : flat(row));
  const columns = [...new Set(objects.flatMap((row) => Object.keys(row)))];
  const typed = isCsv ? columns.map((column) => typeOfTexts(objects, column)) : undefined;
  return {
    name: file.replace(/\.[a-z]+$/, ""),
    columns,
    rows: objects.map((row) =>
      columns.map((column, i) => (typed ? typed[i](row[column] as string) : (row[column] ?? null))),
    ),
  };
}

function flat(row: unknown): Record<string, Cell> {
  const cells: Record<string, Cell> = {};
  const add = (name: string, value: unknown, depth: number): void => {
    if (isObject(value) && depth <= DEPTH) {
      for (const [key, inner] of Object.entries(value)) add(name === "" ? key : `${name}.${key}`, inner, depth + 1);
      return;
    }
    cells[name] = typeof value === "object" && value !== null ? JSON.stringify(value) : ((value ?? null) as Cell);
  };
  add("", row, 0);
  return cells;
}

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** The reading of a CSV column's texts: all numbers, all true or false, or texts. A word may be spelled like a number. */
function typeOfTexts(rows: readonly Record<string, Cell>[], column: string): (text: string) => Cell {
  const texts = rows.map((row) => row[column] as string).filter((text) => text !== "");
  const orNull = (read: (text: string) => Cell) => (text: string) => (text === "" ? null : read(text));
  if (texts.length > 0 && texts.every((text) => NUMBER.test(text))) return orNull(Number);
  if (texts.length > 0 && texts.every((text) => text === "true" || text === "false"))
    return orNull((text) => text === "true");
  return (text) => text;
}
