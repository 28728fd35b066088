/** docs/dictionaries.csv: every figure of the page. It outlives the dictionaries, which are not kept in the repository. */
import { existsSync } from "node:fs";
import { readCsv, writeCsv } from "../../src/io/csv.js";
import type { OverSeeds, Summary } from "./summary.js";

const counts = ["visits", "features", "seeds"] as const;
const spread = ["l0", "explainedVariance", "lossRecovered", "detection"] as const;
const means = ["control", "scored", "dead", "pursued", "smallInLarge", "betweenSeeds", "random", "cpuSeconds"] as const;

const written = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(6)) : null);
const read = (text: string) => (text === "" ? Number.NaN : Number(text));

export async function readRecord(path: string): Promise<Summary[]> {
  if (!existsSync(path)) return [];
  const rows: Summary[] = [];
  for await (const row of readCsv(path)) {
    const numbers = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, read(row[name])]));
    const overSeeds = Object.fromEntries(
      spread.map((name): [string, OverSeeds] => [name, { mean: read(row[name]), deviation: read(row[`${name}Sd`]) }]),
    );
    rows.push({ recipe: row.recipe, ...numbers(counts), ...overSeeds, ...numbers(means) } as Summary);
  }
  return rows;
}

export async function writeRecord(path: string, rows: readonly Summary[]): Promise<void> {
  await writeCsv(
    path,
    rows.map((row) => ({
      recipe: row.recipe,
      ...Object.fromEntries(counts.map((name) => [name, row[name]])),
      ...Object.fromEntries(
        spread.flatMap((name) => [
          [name, written(row[name].mean)],
          [`${name}Sd`, written(row[name].deviation)],
        ]),
      ),
      ...Object.fromEntries(means.map((name) => [name, written(row[name])])),
    })),
  );
}

/**
 * The rows of a record with those measured since, by visits, recipe and size.
 * @param recipes names in their order; rows of others are left out
 */
export function withMeasured(
  record: readonly Summary[],
  measured: readonly Summary[],
  recipes: readonly string[],
): Summary[] {
  const seedsOf = ({ recipe, visits, features }: Summary) =>
    record.find((one) => one.recipe === recipe && one.visits === visits && one.features === features)?.seeds ?? 0;
  // Fewer seeds do not take the place of more.
  const newer = measured.filter((one) => one.seeds >= seedsOf(one));
  const replaced = new Set(newer.map(({ recipe, visits, features }) => `${recipe} ${visits} ${features}`));
  return [...record.filter((one) => !replaced.has(`${one.recipe} ${one.visits} ${one.features}`)), ...newer]
    .filter(({ recipe }) => recipes.includes(recipe))
    .sort(
      (a, b) => a.visits - b.visits || recipes.indexOf(a.recipe) - recipes.indexOf(b.recipe) || a.features - b.features,
    );
}
