/**
 * Reads fields of a config.json. Problems are collected, with file, field and value, and reported
 * at once.
 */
import { throwProblems } from "../../io/file-problems.js";
import { isObject } from "../../io/json-object.js";
import { shown } from "../../io/shown-value.js";

/**
 * The largest sizes allowed in a config.json. They are far above those of published models, and
 * prevent huge allocations for a wrong size before it is compared with the weights.
 */
export const largest = {
  vocabulary: 1 << 22,
  width: 1 << 16,
  mlp: 1 << 20,
  layers: 1024,
  heads: 4096,
  positions: 1 << 20,
  classes: 1 << 16,
} as const;

export type ConfigJson = Readonly<Record<string, unknown>>;

/** Token ids in the form of config.json and generation_config.json: null, one, or a list. */
export function formatTokenIds(ids: readonly number[]): number | readonly number[] | null {
  return ids.length > 1 ? ids : (ids[0] ?? null);
}

/** An invalid field returns a placeholder; call `check` before using any value. */
export class ConfigFields {
  constructor(
    private readonly json: ConfigJson,
    private readonly file: string,
    private readonly at = "",
    private readonly problems: string[] = [],
  ) {}

  private fail(name: string, expected: string, value: unknown): void {
    this.problems.push(`${this.at}${name}: expected ${expected}, received ${shown(value)}`);
  }

  has(name: string): boolean {
    return this.json[name] !== undefined && this.json[name] !== null;
  }

  /** The raw value of a field; undefined if absent or null. */
  raw(name: string): unknown {
    return this.json[name] ?? undefined;
  }

  /** Adds a problem unless `holds`. */
  expect(holds: boolean, problem: string): void {
    if (!holds) this.problems.push(this.at + problem);
  }

  /** @throws FormatError that lists all problems so far */
  check(): void {
    throwProblems(this.file, this.problems);
  }

  /** A whole number from 1 to `most`; `fallback` if the field is absent. */
  size(name: string, most: number, fallback?: number): number {
    const value = this.json[name] ?? fallback;
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= most) return value;
    this.fail(name, `a whole number from 1 to ${most}`, value);
    return Number.NaN;
  }

  /** Like `size`; null means none. `fallback` if the field is absent. */
  sizeOrNull(name: string, most: number, fallback: number | null): number | null {
    const value = this.json[name] === undefined ? fallback : this.json[name];
    return value === null ? null : this.size(name, most, fallback ?? undefined);
  }

  /** A finite number within a range, both ends included; `fallback` if the field is absent. */
  number(name: string, fallback: number, { least = -Number.MAX_VALUE, most = Number.MAX_VALUE } = {}): number {
    const value = this.json[name] ?? fallback;
    if (typeof value === "number" && value >= least && value <= most) return value;
    const range = least === -Number.MAX_VALUE ? "" : ` from ${least} to ${most}`;
    this.fail(name, `a number${range}`, value);
    return Number.NaN;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.json[name] ?? fallback;
    if (typeof value === "boolean") return value;
    this.fail(name, "true or false", value);
    return fallback;
  }

  string(name: string, fallback: string): string {
    const value = this.json[name] ?? fallback;
    if (typeof value === "string") return value;
    this.fail(name, "a string", value);
    return fallback;
  }

  /** One of the `known` strings. */
  oneOf(name: string, known: readonly string[], fallback: string): string {
    const value = this.string(name, fallback);
    if (!known.includes(value)) this.fail(name, `one of ${known.join(", ")}`, value);
    return value;
  }

  /** A token id, or null for none. Of a list, the first. */
  tokenId(name: string): number | null {
    return this.tokenIds(name)[0] ?? null;
  }

  /** Token ids from one id or a list; empty if absent. */
  tokenIds(name: string): number[] {
    const value = this.json[name] ?? [];
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    if (ids.every((id) => Number.isSafeInteger(id) && (id as number) >= 0)) return ids as number[];
    this.fail(name, "a token id", value);
    return [];
  }

  /** A nested object; empty if absent. Its problems are reported together with the others. */
  group(name: string): ConfigFields {
    const value = this.json[name] ?? {};
    const group = isObject(value) ? value : {};
    if (group !== value) this.fail(name, "an object", value);
    return new ConfigFields(group, this.file, `${this.at}${name}: `, this.problems);
  }
}
