/** Export of all tables as CSV, JSON and Parquet. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { FormatError } from "../errors.js";
import { writeFileAtomic, writeJson } from "../io/atomic.js";
import { writeCsv } from "../io/csv.js";
import { type Cell, type RunTable, readTable, tableNames } from "./run-tables.js";

/** The column type that holds all values; missing ones are null. */
function typeOf(values: readonly Cell[]): "BOOLEAN" | "INT32" | "DOUBLE" | "STRING" {
  const given = values.filter((value) => value !== null);
  const all = (test: (value: Cell) => boolean): boolean => given.length > 0 && given.every(test);
  if (all((value) => typeof value === "boolean")) return "BOOLEAN";
  if (all((value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31)) return "INT32";
  return all((value) => typeof value === "number") ? "DOUBLE" : "STRING";
}

/** A table as a Parquet file. It must have a column. */
export function parquetOf({ columns, rows }: RunTable): Uint8Array {
  const columnData = columns.map((name, i) => {
    const values = rows.map((row) => row[i]);
    const type = typeOf(values);
    const data = type === "STRING" ? values.map((value) => (value === null ? null : String(value))) : values;
    return { name, type, data, nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** @throws FormatError when the run has no table yet */
export async function writeTables(run: string, folder: string): Promise<void> {
  const names = await tableNames(run);
  if (names.length === 0)
    throw new FormatError(run, "the run has no table yet", { help: "Its first stage writes the first one." });
  for (const file of names) {
    const table = await readTable(run, file);
    const at = join(folder, table.name);
    await mkdir(dirname(at), { recursive: true });
    const objects = table.rows.map((row) => Object.fromEntries(table.columns.map((name, i) => [name, row[i]])));
    await writeCsv(`${at}.csv`, objects);
    await writeJson(`${at}.json`, objects);
    // A Parquet file has at least one column.
    if (table.columns.length > 0) await writeFileAtomic(`${at}.parquet`, parquetOf(table));
  }
}
