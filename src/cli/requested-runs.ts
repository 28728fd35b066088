/**
 * The runs that a command line of `run` requests: one, one per seed, or one per preset of a set.
 */
import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { Config } from "../config/config.js";
import {
  type ConfigSource,
  draftConfig,
  findConfig,
  parseSetting,
  resolveConfig,
  type Setting,
} from "../config/load-config.js";
import { variantSettings } from "../config/paper-variants.js";
import { ConfigError, type ConfigIssue } from "../errors.js";
import { findInputs, type HubPins, type RunInputs, resolveConfigAndInputs } from "../pipeline/run/hub-inputs.js";
import { checkFree } from "../pipeline/run/run-folder.js";
import { readResumableRecord } from "../pipeline/run/run-record.js";
import type { PlanList } from "../pipeline/sweep/plans.js";
import { plansName, readPlans, requirePlans } from "../pipeline/sweep/plans-file.js";
import { plansOfPresets, presetSets } from "../pipeline/sweep/preset-sets.js";
import { begunPlans } from "../pipeline/sweep/run-plans.js";
import { plansOfSeeds } from "../pipeline/sweep/seeds.js";
import { show } from "../settings/issues.js";
import { revisionSetting } from "./model-revision.js";
import { parseSeeds } from "./seed-list.js";

/** The options of `run`. */
export interface RunOptions {
  out?: string;
  set?: string[];
  variant?: string;
  base?: string;
  tuned?: string;
  revision?: string;
  seeds?: string;
  track?: string;
  resume?: boolean;
  force?: string;
  dryRun?: boolean;
  estimate?: boolean;
  offline?: boolean;
}

export interface RequestedRuns {
  /** The folder of the run, or of all runs, as the user named it. */
  out: string;
  /** Several runs below `out`; undefined for one run in `out` itself. */
  list?: PlanList;
  /** One for all runs, or one per run where their configurations differ in more than the seed. */
  inputs: readonly RunInputs[];
  /** Whether runs in the folder are continued. */
  resume: boolean;
  /** The command that continues the runs after an interruption. */
  goOn: string;
}

/** How to continue interrupted runs: by `goOn`, or by the same command where nothing is there yet. */
export const continuation = ({ out, goOn }: Pick<RequestedRuns, "out" | "goOn">): string =>
  ["run.json", plansName].some((name) => existsSync(join(out, name)))
    ? `To continue: ${goOn}`
    : "Nothing was written. To begin again: the same command.";

/** Whether the runs are only planned. */
export const plansOnly = ({ dryRun, estimate }: RunOptions): boolean => dryRun === true || estimate === true;

/**
 * Finds the configurations of all runs and their inputs on the Hub, and checks that they can begin
 * in their folder. Writes nothing. For runs that are only planned it makes no request.
 * @param target a preset, a set of presets or a file
 * @throws ConfigError with all problems of the options, settings and inputs; FormatError for a
 *   damaged file
 */
export async function requestedRuns(
  target: string | undefined,
  options: RunOptions,
  signal: AbortSignal,
): Promise<RequestedRuns> {
  if (target !== undefined && Object.hasOwn(presetSets, target)) return runsOfSet(target, options, signal);
  return options.seeds === undefined
    ? oneRun(target, options, signal)
    : runsOfSeeds(target, options, options.seeds, signal);
}

async function oneRun(target: string | undefined, options: RunOptions, signal: AbortSignal): Promise<RequestedRuns> {
  const out = options.out ?? join("runs", nameOf(target));
  const resume = resumes(options);
  if (!resume) await checkFree(out);
  const begun = resume ? await begunRun(out) : undefined;
  const inputs = await inputsOf(target, begun, settingsOf(options), options, signal);
  return { out, inputs: [inputs], resume, goOn: `rewardscope run --resume --out ${out}` };
}

async function runsOfSeeds(
  target: string | undefined,
  options: RunOptions,
  text: string,
  signal: AbortSignal,
): Promise<RequestedRuns> {
  const parsed = parseSeeds(text);
  const [seeds, wrong] = Array.isArray(parsed) ? [parsed, []] : [[], [parsed]];
  const out = options.out ?? join("runs", `${nameOf(target)}-seeds`);
  const resume = resumes(options);
  const there = await begunPlans(out, { kind: "seeds" }, resume);
  // The configuration of a run that has not begun comes from the target.
  const list = resume && target === undefined ? (there ?? (await requirePlans(out))) : there;
  const begun = list && { source: join(out, plansName), ...list.plans[0] };
  const settings = settingsOf(options);
  const seedTwice = settings.flatMap((setting): ConfigIssue[] =>
    "value" in setting && setting.path.join() === "seed"
      ? [{ path: "--set seed", expected: "no value, since --seeds sets it", received: show(setting.value) }]
      : [],
  );
  const inputs = await inputsOf(target, begun, [...wrong, ...seedTwice, ...settings], options, signal);
  return {
    out,
    list: plansOfSeeds(inputs.config, seeds, inputs.pins),
    inputs: [inputs],
    resume,
    goOn: `rewardscope run --resume --seeds ${seeds.join(",")} --out ${out}`,
  };
}

async function runsOfSet(set: string, options: RunOptions, signal: AbortSignal): Promise<RequestedRuns> {
  const { base, tuned, revision, seeds, offline } = options;
  const ofOneRun = Object.entries({ base, tuned, revision, seeds }).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [{ path: `--${name}`, expected: `no value, since ${set} is a set of several runs`, received: show(value) }],
  );
  if (ofOneRun.length > 0) throw new ConfigError("rewardscope run", ofOneRun);
  const out = options.out ?? join("runs", set);
  const resume = resumes(options);
  const begun = await begunPlans(out, { kind: "presets", set }, resume);
  const list = plansOfPresets(set, settingsOf(options), begun);
  const hub = plansOnly(options) ? { offline: true } : { offline, signal };
  const inputs: RunInputs[] = [];
  // In sequence, so that all runs use the same commit of the same texts.
  for (const { config, pins } of list.plans)
    inputs.push(await findInputs(config, { ...inputs.at(-1)?.pins, ...pins }, hub));
  const issues = inputs.flatMap((found, i) =>
    found.issues.map((issue) => ({ ...issue, path: `${list.plans[i].name}: ${issue.path}` })),
  );
  if (issues.length > 0 && !plansOnly(options)) throw new ConfigError(`rewardscope run ${set}`, issues);
  const plans = list.plans.map((plan, i) => ({ ...plan, pins: inputs[i].pins }));
  return { out, list: { ...list, plans }, inputs, resume, goOn: `rewardscope run ${set} --resume --out ${out}` };
}

const resumes = ({ resume, force }: RunOptions): boolean => resume === true || force !== undefined;

const nameOf = (target = "default"): string => basename(target, extname(target));

/** The settings of the command line in order, or the problem of each. */
function settingsOf({ variant, set = [], base, tuned, track }: RunOptions): (Setting | ConfigIssue)[] {
  const pair = Object.entries({ base, tuned }).flatMap(([field, value]) =>
    value === undefined ? [] : [{ path: ["model", field], value }],
  );
  const tracking =
    track === undefined ? [] : [{ path: ["tracking", "to"], value: track.split(",").map((name) => name.trim()) }];
  return [...(variant === undefined ? [] : variantSettings(variant)), ...set.map(parseSetting), ...pair, ...tracking];
}

/** The configuration of a run that is continued, and its source. */
interface Begun {
  source: string;
  config: Config;
  pins: HubPins;
}

/**
 * Reads the configuration from run.json. A run of several that has not begun has no run.json; its
 * plan is in plans.json of the parent folder, so that it can be made separately.
 * @throws FormatError when there is neither, or it is damaged
 */
async function begunRun(folder: string): Promise<Begun> {
  if (!existsSync(join(folder, "run.json"))) {
    const parent = dirname(folder);
    const plan = (await readPlans(parent))?.plans.find(({ name }) => name === basename(folder));
    if (plan) return { source: join(parent, plansName), ...plan };
  }
  const { config, hub } = await readResumableRecord(folder);
  return { source: join(folder, "run.json"), config, pins: hub };
}

/** The configuration of the target, or without one that of the continued run, with its inputs. */
async function inputsOf(
  target: string | undefined,
  begun: Begun | undefined,
  given: readonly (Setting | ConfigIssue)[],
  options: RunOptions,
  signal: AbortSignal,
): Promise<RunInputs> {
  const from: ConfigSource =
    begun && target === undefined
      ? { source: begun.source, input: begun.config }
      : await findConfig(target ?? "default");
  const { revision } = options;
  const settings =
    revision === undefined ? given : [...given, revisionSetting(draftConfig(from, given).config, revision)];
  const known = begun?.pins ?? {};
  if (plansOnly(options)) return findInputs(resolveConfig(from, settings), known, { offline: true });
  return resolveConfigAndInputs(from, settings, known, { offline: options.offline, signal });
}
