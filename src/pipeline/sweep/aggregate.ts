/** The numbers of several results.json, paired by name, with their spread. */

import { isObject } from "../../io/json-object.js";
import type { Identity, Interval, SeedFigure, Spread } from "../../results/results.js";
import { mean } from "../../stats/moments.js";

/** A number, or a number with its interval; undefined or null for a run without it. */
export type Measured = number | Interval | null | undefined;

type Entry = Readonly<Record<string, unknown>>;
type Path = SeedFigure["path"];

function isInterval(value: unknown): value is Interval {
  return isObject(value) && ["value", "low", "high", "n", "unit"].every((name) => name in value);
}

/** An interval with n = 0 has no number, and NaN is null in JSON. */
function estimateOf(measured: Measured): number | null {
  const value = isInterval(measured) ? (measured.n > 0 ? measured.value : null) : measured;
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}

function boundsOf(measured: Measured): [number, number] | null {
  if (!isInterval(measured) || measured.n === 0) return null;
  const { low, high } = measured;
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null;
}

/** The spread of a number over runs, in the order given; undefined when no run has it. */
export function spreadOf(measured: readonly Measured[]): Spread | undefined {
  const values = measured.map(estimateOf);
  const known = values.filter((value) => value !== null);
  const n = known.length;
  if (n === 0) return undefined;
  const [min, max] = [Math.min(...known), Math.max(...known)];
  // The mean of equal numbers may be rounded, which would give a spurious spread.
  const centre = min === max ? min : mean(known);
  const squares = known.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return {
    values,
    ...(measured.some(isInterval) && { intervals: measured.map(boundsOf) }),
    n,
    mean: centre,
    standardDeviation: n > 1 ? Math.sqrt(squares / (n - 1)) : null,
    min,
    max,
  };
}

/**
 * Every named number of the results with its value per run. Of an interval, the estimate counts.
 *
 * An entry of a list is the same in two runs if all its texts (model, estimator, words, ...), its
 * layer, its dose and its number of chosen features are the same, independent of its position. A
 * layer that only one run chose has no value in the others. Lists without identifying fields
 * (draws, curves) are left out, and so are lists of features, whose numbers have another meaning in
 * every dictionary.
 * @param results the content of one results.json per run; undefined for a run without
 */
export function pairFigures(results: readonly unknown[]): SeedFigure[] {
  return walk([], results);
}

function walk(path: Path, values: readonly unknown[]): SeedFigure[] {
  const present = values.filter((value) => value !== undefined && value !== null);
  if (present.length === 0) return [];
  const all = <T>(is: (value: unknown) => value is T) => present.every(is);
  if (all((value) => typeof value === "number") || all(isInterval)) {
    const spread = spreadOf(values as Measured[]);
    return spread ? [{ path, ...spread }] : [];
  }
  if (all(Array.isArray)) return walkList(path, values as (readonly unknown[] | null | undefined)[]);
  if (!all(isObject)) return [];
  const names = new Set(present.flatMap(Object.keys));
  return [...names].flatMap((name) =>
    walk(
      [...path, name],
      (values as (Entry | null | undefined)[]).map((value) => value?.[name]),
    ),
  );
}

function walkList(path: Path, lists: readonly (readonly unknown[] | null | undefined)[]): SeedFigure[] {
  const identities = new Map<string, Identity>();
  const runs: ReadonlyMap<string, Entry>[] = [];
  for (const list of lists) {
    const entries = new Map<string, Entry>();
    for (const entry of list ?? []) {
      const identity = isObject(entry) && !isInterval(entry) ? identityOf(entry) : {};
      const key = JSON.stringify(Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1)));
      if (Object.keys(identity).length === 0 || entries.has(key)) return [];
      identities.set(key, identity);
      entries.set(key, entry as Entry);
    }
    runs.push(entries);
  }
  return ordered(identities).flatMap(([key, identity]) => {
    const rest = runs.map((entries) => {
      const entry = entries.get(key);
      return entry && Object.fromEntries(Object.entries(entry).filter(([name]) => !(name in identity)));
    });
    return walk([...path, identity], rest);
  });
}

function identityOf(entry: Entry): Identity {
  if ("feature" in entry) return {};
  const fields = Object.entries(entry).filter(
    ([name, value]) =>
      typeof value === "string" || (["layer", "dose", "chosen"].includes(name) && typeof value === "number"),
  );
  return Object.fromEntries(fields) as Identity;
}

/**
 * Sorts by the identity's fields in turn: texts by first appearance in any run, layers by number.
 */
function ordered(identities: ReadonlyMap<string, Identity>): [string, Identity][] {
  const list = [...identities];
  const ranks = new Map<string | number, number>();
  for (const [, identity] of list)
    for (const value of Object.values(identity))
      if (!ranks.has(value)) ranks.set(value, typeof value === "number" ? value : ranks.size);
  return list.sort(([, a], [, b]) => {
    for (const name of Object.keys(a)) {
      const order = ranks.get(a[name])! - (ranks.get(b[name]) ?? 0);
      if (order !== 0) return order;
    }
    return 0;
  });
}
