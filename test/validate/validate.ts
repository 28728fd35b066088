/** `npm run validate`: runs with known truth. Writes docs/validation.md; exit code 1 when something fails that must hold. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dictionaryVerdicts, nullVerdicts, plantedVerdicts } from "./criteria.js";
import { nullRuns } from "./null-runs.js";
import { validationPage } from "./page.js";
import { plantedDictionary } from "./planted-dictionary.js";
import { plantedReward } from "./planted-reward.js";
import type { Surroundings } from "./stage-run.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = join(root, "docs", "validation.md");
const begin = Date.now();
const log = (line: string) => console.error(`${((Date.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${line}`);

const controller = new AbortController();
process.once("SIGINT", () => controller.abort(new Error("stopped; npm run validate goes on from here")));
const surroundings: Surroundings = { folder: join(root, "runs", "validate"), log, signal: controller.signal };

const dictionary = await plantedDictionary(surroundings);
const planted = await plantedReward(surroundings);
const nulls = await nullRuns(surroundings);

const verdicts = [...dictionaryVerdicts(dictionary), ...nullVerdicts(nulls), ...plantedVerdicts(planted)];
await writeFile(page, validationPage({ dictionary, nulls, planted, verdicts }));
for (const { part, kind, claim, holds } of verdicts)
  console.log(`${kind === "requirement" ? (holds ? "holds" : "FAILS") : holds ? "yes  " : "no   "}  ${part}: ${claim}`);
console.log(`\n${page}`);
const failed = verdicts.some(({ kind, holds }) => kind === "requirement" && !holds);
// The engine's worker would keep the process alive.
process.exit(failed ? 1 : 0);
