/** `npm run validate`: runs with known truth. Writes docs/validation.md; exit code 1 when something fails that must hold. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dictionaryVerdicts, nullVerdicts, plantedVerdicts, type Verdict } from "./criteria.js";
import { nullRuns } from "./null-runs.js";
import { validationPage } from "./page.js";
import { plantedDictionary } from "./planted-dictionary.js";
import { plantedReward } from "./planted-reward.js";
import type { Surroundings } from "./stage-run.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = join(root, "docs", "validation.md");

async function validate(surroundings: Surroundings): Promise<readonly Verdict[]> {
  const dictionary = await plantedDictionary(surroundings);
  const planted = await plantedReward(surroundings);
  const nulls = await nullRuns(surroundings);
  const verdicts = [...dictionaryVerdicts(dictionary), ...nullVerdicts(nulls), ...plantedVerdicts(planted)];
  await writeFile(page, validationPage({ dictionary, nulls, planted, verdicts }));
  return verdicts;
}

const words = { requirement: ["holds", "FAILS"], question: ["yes  ", "no   "] } as const;

const begin = Date.now();
const log = (line: string) => console.error(`${((Date.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${line}`);
const controller = new AbortController();
process.once("SIGINT", () => controller.abort(new Error("stopped")));
try {
  const verdicts = await validate({ folder: join(root, "runs", "validate"), log, signal: controller.signal });
  for (const { part, kind, claim, holds } of verdicts) console.log(`${words[kind][holds ? 0 : 1]}  ${part}: ${claim}`);
  console.log(`\n${page}`);
  process.exitCode = verdicts.some(({ kind, holds }) => kind === "requirement" && !holds) ? 1 : 0;
} catch (error) {
  if (!controller.signal.aborted) throw error;
  console.error("Stopped. To continue: npm run validate");
  process.exitCode = 130;
}
// The engine's worker would keep the process alive.
process.exit();
