/**
 * JSON files that contain a hash of their own content, so that changes are detected when they are
 * read.
 */
import { FormatError } from "../errors.js";
import { readJson, writeJson } from "./atomic.js";
import { sha256Text } from "./hash.js";
import { isObject } from "./json-object.js";
import { shown } from "./shown-value.js";

/** SHA-256 of an object as JSON without spaces, in lower-case hex. */
const checkOf = (content: object): string => sha256Text(JSON.stringify(content));

/** The object with `check`, the SHA-256 of its other fields. */
export function withCheck(content: object): object {
  return { ...content, check: checkOf(content) };
}

/**
 * Checks an object that was read.
 * @param path named in errors
 * @returns the object without `check`
 * @throws FormatError when `check` is missing, or not the hash of the other fields
 */
export function checkedContent(
  path: string,
  { check, ...content }: Readonly<Record<string, unknown>>,
  help?: string,
): Record<string, unknown> {
  const found = checkOf(content);
  if (check === found) return content;
  const said = check === undefined ? "it has no check" : `check says ${shown(check)}`;
  throw new FormatError(path, `was changed after it was written: its content has the SHA-256 ${found}, ${said}`, {
    help,
  });
}

/** Writes an object with its check, atomically. */
export async function writeCheckedJson(path: string, content: object): Promise<void> {
  await writeJson(path, withCheck(content));
}

/**
 * Reads a file of `writeCheckedJson`. The caller checks the form of its fields.
 * @throws FormatError when the file is missing, not a JSON object, or does not match its check
 */
export async function readCheckedJson(path: string): Promise<Record<string, unknown>> {
  const json = await readJson(path);
  if (!isObject(json)) throw new FormatError(path, "expected a JSON object");
  return checkedContent(path, json);
}
