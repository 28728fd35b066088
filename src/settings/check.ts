/** Checks settings against a schema and rules between fields, and reports all problems at once. */
import type { z } from "zod";
import { ConfigError, type ConfigIssue } from "../errors.js";
import { describeIssue, show, valueAt } from "./issues.js";

/** A rule between fields. It is checked only when each of its fields is valid by itself. */
export interface Rule<Settings> {
  /** Paths of the fields that it compares; an error names the first. */
  readonly fields: readonly string[];
  /**
   * @param at prefix of the fields' names when the settings are a group of others, e.g. `ppo.`;
   *   else empty
   */
  readonly expected: (settings: Settings, at: string) => string;
  readonly holds: (settings: Settings) => boolean;
}

/** The rules of a group, as rules of the settings that contain it under `name`. */
export function rulesOfGroup<Outer, Group>(
  name: string,
  rules: readonly Rule<Group>[],
  groupOf: (settings: Outer) => Group,
): Rule<Outer>[] {
  return rules.map(({ fields, expected, holds }) => ({
    fields: fields.map((field) => `${name}.${field}`),
    expected: (settings, at) => expected(groupOf(settings), `${at}${name}.`),
    holds: (settings) => holds(groupOf(settings)),
  }));
}

/** Whether a value is a group of settings: an object that is not a list. */
export function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A copy without the fields at these paths, so that their defaults apply; a path into a list
 * removes the list.
 */
function without(input: Record<string, unknown>, paths: readonly (readonly PropertyKey[])[]): Record<string, unknown> {
  const copy = { ...input };
  const copied = new Set<unknown>([copy]);
  for (const path of paths) {
    let group = copy;
    for (const [depth, name] of path.entries()) {
      const key = String(name);
      const inner = group[key];
      if (depth === path.length - 1 || !isGroup(inner)) {
        delete group[key];
        break;
      }
      const own = copied.has(inner) ? inner : { ...inner };
      copied.add(own);
      group[key] = own;
      group = own;
    }
  }
  return copy;
}

/** Whether one of two fields equals or contains the other. */
function overlap(a: string, b: string): boolean {
  return `${a}.`.startsWith(`${b}.`) || `${b}.`.startsWith(`${a}.`);
}

/**
 * All problems of an input, and its settings with defaults for the fields that are wrong, so that a
 * caller can check for further problems.
 * @param schema every field has a default
 */
export function checkSettings<Settings>(
  schema: z.ZodType<Settings>,
  rules: readonly Rule<Settings>[],
  input: unknown,
): { settings: Settings; issues: ConfigIssue[] } {
  const found = schema.safeParse(input, { reportInput: true }).error?.issues ?? [];
  const issues = found.flatMap((issue) => describeIssue(issue, schema));
  if (!isGroup(input)) return { settings: schema.parse({}), issues };
  const paths = found.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  const settings = schema.parse(without(input, paths));
  const wrong = paths.map((path) => path.join("."));
  for (const { fields, expected, holds } of rules) {
    if (holds(settings) || fields.some((field) => wrong.some((path) => overlap(field, path)))) continue;
    const received = show(valueAt(settings, fields[0].split(".")));
    issues.push({ path: fields[0], expected: expected(settings, ""), received });
  }
  return { settings, issues };
}

/**
 * The complete settings of an input.
 * @param source the name of the input's file or command, for errors
 * @throws ConfigError with all problems at once: path, expected, received, and the nearest known
 *   key
 */
export function parseSettings<Settings>(
  schema: z.ZodType<Settings>,
  rules: readonly Rule<Settings>[],
  input: unknown,
  source: string,
): Settings {
  const { settings, issues } = checkSettings(schema, rules, input);
  if (issues.length > 0) throw new ConfigError(source, issues);
  return settings;
}
