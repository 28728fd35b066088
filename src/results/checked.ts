/** Checks values of files against schemas. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { FormatError } from "../errors.js";

/**
 * The value, checked against the schema.
 * @throws FormatError that names the file, the row of a list, and the field
 */
export function check<T>(schema: z.ZodType<T>, value: unknown, path: string, row?: number): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = [row === undefined ? "" : `row ${row}`, issue.path.join(".")].filter(Boolean).join(", ");
  throw new FormatError(path, `${place || "the whole file"}: ${issue.message}`, {
    offset: row,
    help: "The file was changed or is of another version: run the stage that writes it again (--force STAGE).",
  });
}

/**
 * All rows of a file, in order.
 * @param read `readJsonl` or `readCsv`
 * @throws FormatError when the file is missing, or a row has another form; names the row, from 1
 */
export async function readRows<T>(
  path: string,
  schema: z.ZodType<T>,
  read: (path: string) => AsyncIterable<unknown>,
): Promise<T[]> {
  const rows: T[] = [];
  for await (const row of read(path)) rows.push(check(schema, row, path, rows.length + 1));
  return rows;
}

/** Like `readRows`; no rows if the file does not exist. */
export async function readRowsIfAny<T>(...of: Parameters<typeof readRows<T>>): Promise<T[]> {
  return existsSync(of[0]) ? readRows(...of) : [];
}

/** A field of a CSV file with a number. */
export const numberCell = z
  .string()
  .refine((text) => text.trim() !== "" && Number.isFinite(Number(text)), "expected a number")
  .transform(Number);

/** As `numberCell`, but empty for null. */
export const numberCellOrEmpty = z.union([z.literal("").transform(() => null), numberCell]);
