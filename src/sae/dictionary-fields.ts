/**
 * Fields of the JSON file that says what a folder's dictionary is: cfg.json of SAELens, config.json
 * of dictionary_learning.
 */
import type { SaelensFields } from "../dictionary/kind.js";
import { FormatError } from "../errors.js";
import { isObject } from "../io/json-object.js";
import { shown } from "../io/shown-value.js";

/** The fields of one object of the file; errors name the file. */
export class DictionaryFields implements SaelensFields {
  constructor(
    private readonly path: string,
    readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  wrong(key: string, problem: string, help?: string): FormatError {
    return new FormatError(this.path, `${key}: ${problem}`, { help });
  }

  /** @throws FormatError when the field is present and is another value */
  expect(key: string, wanted: string | boolean, help?: string): void {
    const value = this.fields[key] ?? wanted;
    if (value !== wanted) throw this.wrong(key, `expected ${shown(wanted)}, received ${shown(value)}`, help);
  }

  count(key: string, standard?: number): number {
    const value = this.fields[key] === undefined ? standard : this.fields[key];
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    throw this.wrong(key, `expected a positive integer, received ${shown(value)}`);
  }

  flag(key: string, standard: boolean): boolean {
    const value = this.fields[key] ?? standard;
    if (typeof value === "boolean") return value;
    throw this.wrong(key, `expected true or false, received ${shown(value)}`);
  }
}

/** @throws FormatError when the value at a place of the file is no JSON object */
export function objectOf(file: string, place: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new FormatError(file, `${place}: expected a JSON object, received ${shown(value)}`);
}

/** Values as a choice, for errors. */
export function oneOf(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(" or ");
}
