/** Turns Zod's issues into those of a ConfigError: path, expected, received, nearest known key. */
import { z } from "zod";
import type { ConfigIssue } from "../errors.js";
import { nearest } from "./nearest.js";

type ZodIssue = z.core.$ZodIssue;

const typeWords: Record<string, string> = {
  number: "a number",
  int: "a whole number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a group of settings",
};

function expectedBy(issue: ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeWords[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(", ")}`;
    case "too_small":
      if (issue.origin === "string") return "text that is not empty";
      // Also for tuples; a list of any length needs at least one value.
      if (issue.origin === "array")
        return issue.minimum === 1 ? "at least one value" : `a list of ${issue.minimum} values`;
      return `a number ${issue.inclusive ? "of at least" : "greater than"} ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "array") return `a list of ${issue.maximum} values`;
      return `a number ${issue.inclusive ? "of at most" : "less than"} ${issue.maximum}`;
    case "invalid_union":
      return issue.errors.map(([first]) => expectedBy(first)).join(" or ");
    default:
      return issue.message;
  }
}

/** A value in one short line, for error messages. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  const text = asJson(value) ?? `what cannot be shown (${typeof value})`;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Undefined for values that JSON does not have: functions, big integers, circular objects. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** A name for use in a path; unusual names, which no setting has, are quoted and cut. */
const shownName = (name: string) => (/^[\p{L}\p{N}_.-]{1,60}$/u.test(name) ? name : show(name));

/** The value at a path of nested groups, or undefined. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** Paths of all fields of a schema, groups included: `ppo`, `ppo.batchSize`, ... */
export function fieldPaths(schema: z.ZodType, prefix = ""): string[] {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return fieldPaths(schema.unwrap() as z.ZodType, prefix);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, field]) => {
    const path = prefix ? `${prefix}.${key}` : key;
    return [path, ...fieldPaths(field, path)];
  });
}

/**
 * The known path nearest to an unknown one: a sibling with a similar name, or the same name
 * elsewhere.
 */
function nearestPath(path: string, known: readonly string[]): string | undefined {
  const group = path.slice(0, path.lastIndexOf(".") + 1);
  const key = path.slice(group.length);
  const siblings = known.filter((other) => other.startsWith(group) && !other.slice(group.length).includes("."));
  const sibling = nearest(
    key,
    siblings.map((other) => other.slice(group.length)),
  );
  if (sibling !== undefined) return group + sibling;
  const names = known.map((other) => other.slice(other.lastIndexOf(".") + 1));
  const name = nearest(key, names, 1);
  return name === undefined ? undefined : known[names.indexOf(name)];
}

/** One issue of the schema as issues of a ConfigError; each unknown key is a separate issue. */
export function describeIssue(issue: ZodIssue, schema: z.ZodType): ConfigIssue[] {
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = fieldPaths(schema);
    const prefix = path ? `${path}.` : "";
    return issue.keys.map((key) => ({
      path: prefix + shownName(key),
      expected: "a known setting",
      received: show(valueAt(issue.input, [key])),
      nearest: nearestPath(prefix + key, known),
    }));
  }
  return [{ path: path || "(the whole file)", expected: expectedBy(issue), received: show(issue.input) }];
}
