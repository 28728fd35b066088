/** Reading fields of a config.json with errors that name file, field and what came. */
import { FormatError } from "../errors.js";

export type ConfigJson = Readonly<Record<string, unknown>>;

export class ConfigFields {
  constructor(
    private readonly json: ConfigJson,
    private readonly file: string,
  ) {}

  private fail(name: string, expected: string, value: unknown): never {
    throw new FormatError(this.file, `${name}: expected ${expected}, received ${JSON.stringify(value) ?? "nothing"}`);
  }

  has(name: string): boolean {
    return this.json[name] !== undefined && this.json[name] !== null;
  }

  /** A positive integer; `fallback` where the field is absent. */
  integer(name: string, fallback?: number): number {
    const value = this.json[name] ?? fallback;
    if (typeof value !== "number" || !Number.isInteger(value) || value <= 0)
      return this.fail(name, "a positive integer", value);
    return value;
  }

  number(name: string, fallback?: number): number {
    const value = this.json[name] ?? fallback;
    if (typeof value !== "number" || !Number.isFinite(value)) return this.fail(name, "a number", value);
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.json[name] ?? fallback;
    if (typeof value !== "boolean") return this.fail(name, "true or false", value);
    return value;
  }

  string(name: string, fallback: string): string {
    const value = this.json[name] ?? fallback;
    if (typeof value !== "string") return this.fail(name, "a string", value);
    return value;
  }

  /** A token id, or null where the model has none. Lists (several end-of-text tokens) give their first. */
  tokenId(name: string): number | null {
    const value = this.json[name];
    const first = Array.isArray(value) ? value[0] : value;
    if (first === undefined || first === null) return null;
    if (typeof first !== "number" || !Number.isInteger(first)) return this.fail(name, "a token id", value);
    return first;
  }

  /** A nested object; empty where absent. */
  group(name: string): ConfigFields {
    const value = this.json[name] ?? {};
    if (typeof value !== "object" || Array.isArray(value)) return this.fail(name, "an object", value);
    return new ConfigFields(value as ConfigJson, `${this.file}: ${name}`);
  }
}
