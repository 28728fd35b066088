/**
 * plans.json of a folder of several runs: the complete plan of each, written before the first
 * begins.
 */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { checkConfig } from "../../config/check-config.js";
import type { Config } from "../../config/config.js";
import { withPlainTraining } from "../../config/plain-training.js";
import { FormatError } from "../../errors.js";
import { readJson } from "../../io/atomic.js";
import { checkedContent, writeCheckedJson } from "../../io/checked-json.js";
import { isObject } from "../../io/json-object.js";
import { hubPinsSchema } from "../run/hub-inputs.js";
import { readRunRecord } from "../run/run-record.js";
import type { PlanList, RunPlan } from "./plans.js";
import { presetPlan } from "./preset-sets.js";
import { seedFolder, seedPlan } from "./seeds.js";

export const plansName = "plans.json";
/** The file of earlier versions with the plans of a set of presets. */
const setName = "set.json";

const plans = z
  .array(
    z.object({
      // The name of the run's folder.
      name: z.string().regex(/^\w[\w.-]*$/, "expected letters, digits, dots and hyphens"),
      title: z.string(),
      config: z.unknown(),
      pins: hubPinsSchema,
    }),
  )
  .min(1);

const planListSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("seeds"), plans }),
  z.object({ kind: z.literal("presets"), set: z.string(), plans }),
]);

const setSchema = z.object({
  set: z.string(),
  runs: z.array(z.object({ preset: z.string(), config: z.unknown() })).min(1),
});

const help = "Begin again in a new folder. Each existing run can be continued with rewardscope run --resume.";

/** Writes plans.json, which replaces the file of an earlier version. */
export async function writePlans(folder: string, list: PlanList): Promise<void> {
  await writeCheckedJson(join(folder, plansName), list);
  await rm(join(folder, setName), { force: true });
}

/**
 * The plans of a folder of several runs; undefined for any other folder. For a folder of an earlier
 * version they are made from set.json, or from the run.json of each seed.
 * @throws FormatError when one of these files is damaged; names the first fault
 */
export async function readPlans(folder: string): Promise<PlanList | undefined> {
  const file = join(folder, plansName);
  if (!existsSync(file)) return (await plansOfEarlierSet(folder)) ?? (await plansOfEarlierSeeds(folder));
  const list = await readForm(planListSchema, file);
  const checked = list.plans.map(
    (plan, i): RunPlan => ({ ...plan, config: checkedConfig(plan.config, file, `plans.${i}`) }),
  );
  return { ...list, plans: checked };
}

/** @throws FormatError when the folder is not one of several runs; otherwise as `readPlans` */
export async function requirePlans(folder: string): Promise<PlanList> {
  const list = await readPlans(folder);
  if (list) return list;
  const help = `${folder} is not a folder of several runs. rewardscope run makes one for a set of presets, or with --seeds.`;
  throw new FormatError(join(folder, plansName), "no such file", { help });
}

async function readForm<T>(schema: z.ZodType<T>, file: string): Promise<T> {
  const json = await readJson(file);
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw damaged(file, `${path.join(".") || "all of it"}: ${message}`);
  }
  // Lists of earlier versions have none.
  if (isObject(json) && "check" in json) checkedContent(file, json, help);
  return parsed.data;
}

function checkedConfig(input: unknown, file: string, at: string): Config {
  const { config, issues } = checkConfig(withPlainTraining(input));
  if (issues.length === 0) return config;
  const [{ path, expected, received }] = issues;
  throw damaged(file, `${at}.config.${path}: expected ${expected}, received ${received}`);
}

function damaged(file: string, what: string): FormatError {
  return new FormatError(file, `is not the list of several runs: ${what}`, { help });
}

/** From set.json, which has no commits; these are taken from the runs that have begun. */
async function plansOfEarlierSet(folder: string): Promise<PlanList | undefined> {
  const file = join(folder, setName);
  if (!existsSync(file)) return undefined;
  const { set, runs } = await readForm(setSchema, file);
  const made = runs.map(async ({ preset, config }, i) => {
    const begun = await begunRun(join(folder, preset));
    return presetPlan(preset, checkedConfig(config, file, `runs.${i}`), begun?.hub);
  });
  return { kind: "presets", set, plans: await Promise.all(made) };
}

/** From the run.json of each seed, in the order of the seeds. */
async function plansOfEarlierSeeds(folder: string): Promise<PlanList | undefined> {
  const names = await readdir(folder).catch(() => []);
  const seeds = names.flatMap((name) => /^seed-(\d+)$/.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
  const records = await Promise.all(seeds.map((seed) => begunRun(seedFolder(folder, seed))));
  const made = records.flatMap((record) => (record ? [seedPlan(record.config, record.config.seed, record.hub)] : []));
  return made.length === 0 ? undefined : { kind: "seeds", plans: made };
}

const begunRun = async (folder: string) => (existsSync(join(folder, "run.json")) ? readRunRecord(folder) : undefined);
