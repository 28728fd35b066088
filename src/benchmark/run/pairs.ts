/** The pairs of a benchmark: organisms to make, or a folder of organisms that others made. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { assetPath } from "../../assets.js";
import { ConfigError, FormatError } from "../../errors.js";
import { readJson } from "../../io/atomic.js";
import { check } from "../../results/checked.js";
import type { Organism } from "../organisms/organism.js";

export interface PairPlan {
  /** The name of its folders: organism and seed. */
  readonly name: string;
  readonly organism: string;
  /** Of tuning and reading; 0 for reading where others tuned. */
  readonly seed: number;
  readonly summary: string;
  /** `organism.json`, and the tuned model where this benchmark makes it. */
  readonly folder: string;
  /** May be absent where others hold it back. */
  readonly truthFile: string;
  /** What is made; absent for pairs of others. */
  readonly made?: Organism;
}

const organismFile = z.strictObject({
  /** `embedded`, or a folder, seen from the file's. */
  base: z.string().min(1),
  tuned: z.string().min(1),
});

const pairName = (organism: string, seed: number) => `${organism}-seed-${seed}`;

/** Every organism at every seed. @throws ConfigError when a weakened organism's own is not among them */
export function plansToMake(organisms: readonly Organism[], seeds: readonly number[], out: string): PairPlan[] {
  const names = new Set(organisms.map(({ name }) => name));
  const issues = organisms
    .filter(({ weakened }) => weakened && !names.has(weakened.of))
    .map(({ name, weakened }) => ({ path: name, expected: `${weakened!.of} among the organisms`, received: "none" }));
  if (issues.length > 0) throw new ConfigError("benchmark", issues);
  return seeds.flatMap((seed) =>
    organisms.map((made): PairPlan => {
      const name = pairName(made.name, seed);
      return {
        ...{ name, seed, made, organism: made.name, summary: made.summary },
        folder: join(out, "organisms", name),
        truthFile: join(out, "truth", `${name}.json`),
      };
    }),
  );
}

/** The folder of the tuned model of another organism at the same seed. */
export function tunedFolder(out: string, organism: string, seed: number): string {
  return join(out, "organisms", pairName(organism, seed), "tuned");
}

/**
 * The pairs below `organisms/` of a folder, in alphabetical order.
 * @throws ConfigError when there is none
 */
export async function givenPlans(folder: string): Promise<PairPlan[]> {
  const parent = join(folder, "organisms");
  const names = existsSync(parent) ? (await readdir(parent)).sort() : [];
  const found = names.filter((name) => existsSync(join(parent, name, "organism.json")));
  if (found.length === 0) {
    const expected = `folders ${join(parent, "NAME")} with organism.json`;
    throw new ConfigError("benchmark", [{ path: "--organisms", expected, received: "none" }]);
  }
  return found.map((name) => ({
    ...{ name, organism: name, seed: 0, summary: "given" },
    folder: join(parent, name),
    truthFile: join(folder, "truth", `${name}.json`),
  }));
}

/** The folders of a pair's models. @throws FormatError when organism.json is missing or malformed, or a folder is absent */
export async function modelFolders({ folder }: PairPlan): Promise<{ base: string; tuned: string }> {
  const file = join(folder, "organism.json");
  const { base, tuned } = check(organismFile, await readJson(file), file);
  const folders = {
    base: base === "embedded" ? assetPath("embedded") : resolve(folder, base),
    tuned: resolve(folder, tuned),
  };
  for (const [role, path] of Object.entries(folders))
    if (!existsSync(path)) throw new FormatError(file, `${role}: expected a folder, there is no ${path}`);
  return folders;
}
