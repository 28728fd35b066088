/**
 * Checks everything that later stages need before the first one runs, and reports all problems at
 * once.
 */
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { ConfigError, type ConfigIssue } from "../../errors.js";
import { WordTokens } from "../../interpret/index.js";
import { timeLimit } from "../../io/time-limit.js";
import { environmentIssues } from "../../runtime/engine.js";
import { trackingIssues } from "../../tracking/trackers.js";
import { checkModels } from "../inputs/check-models.js";
import { givenLexicon } from "../inputs/models.js";
import { type HubPins, pinConfig } from "../run/hub-inputs.js";
import type { ContextNeed, ModelFacts, ModelNeeds, OwnInputs, Requirements } from "../run/requirements.js";
import { type Stage, scratchFolder } from "../run/stage.js";
import { CorpusParts, lookThroughTexts, missingSplits } from "./count-texts.js";
import { lackingSpace, type StageOnDisk } from "./disk-space.js";
import { issuesOf } from "./issues.js";
import { type OpenModels, openModels } from "./open-models.js";
import { tryLanguageModel, tryReward } from "./try-outside.js";

/** A run that will be started or continued. */
export interface RunToCheck {
  /** Prefix of this run's own problems, when there are several runs. */
  readonly name: string;
  readonly folder: string;
  readonly config: Config;
  readonly pins: HubPins;
  /** The stages that will run, in order. */
  readonly stages: readonly Stage[];
  /**
   * Settings with ids on the Hub whose files are not in the cache; their checks are skipped.
   * Default: none.
   */
  readonly absent?: readonly string[];
}

export interface PreflightOptions {
  /** The command that errors name. Default: rewardscope run. */
  readonly command?: string;
  /** Only plan the runs: no requests, and time limits of seconds. */
  readonly planOnly?: boolean;
  readonly signal: AbortSignal;
  log(line: string): void;
}

/** Time limit in seconds for checking the texts, and for the reward, of a run. */
const SECONDS = 60;
/**
 * Time limits in seconds when runs are only planned: for the texts of all runs, and for each
 * reward, which counts towards it.
 */
const SECONDS_OF_PLANS = { texts: 3, reward: 1.5 };

/** The results for one run. */
interface Found {
  readonly issues: readonly ConfigIssue[];
  readonly notes: readonly string[];
  readonly disk: readonly StageOnDisk[];
}

/** State that runs share during the checks. */
interface Shared extends PreflightOptions {
  readonly parts: CorpusParts;
  /** Starts the time limit of a check. */
  deadline(work: "texts" | "reward"): { readonly seconds: number; readonly late: AbortSignal };
}

/**
 * Checks the requirements of all stages: texts of sufficient length, positions of the models, sizes
 * of the dictionaries, shapes of a pair, tokenizer, reward, language model, disk space, and the
 * engine that the environment names. Writes nothing. Notes are logged.
 * @param runs at least one; their folders are in one folder
 * @throws ConfigError with all problems of all runs; the signal's reason when aborted
 */
export async function preflight(runs: readonly RunToCheck[], options: PreflightOptions): Promise<void> {
  const ofAll = timeLimit(SECONDS_OF_PLANS.texts);
  const shared: Shared = {
    ...options,
    parts: new CorpusParts(),
    deadline(work) {
      if (!options.planOnly) return { seconds: SECONDS, late: timeLimit(SECONDS) };
      const seconds = SECONDS_OF_PLANS[work];
      return { seconds, late: AbortSignal.any([ofAll, timeLimit(seconds)]) };
    },
  };
  // Runs that differ only in the seed are checked once.
  const distinct = new Map(runs.map((run) => [keyOf(run), run]));
  const found = new Map<string, Found>();
  for (const [key, run] of distinct) found.set(key, await lookAt(run, shared));
  const onDisk = runs.map((run) => ({ stages: found.get(keyOf(run))!.disk, replaced: replacedBy(run) }));
  const ofDisk = onDisk.some(({ stages }) => stages.length > 0) ? await lackingSpace(runs[0].folder, onDisk) : [];
  for (const note of new Set([...found.values()].flatMap(({ notes }) => notes))) options.log(note);
  const issues = [...together([...distinct].map(([key, { name }]) => ({ name, ...found.get(key)! }))), ...ofDisk];
  issues.push(...(await environmentIssues()));
  issues.push(...unique(runs.flatMap(({ config: { tracking } }) => (tracking ? trackingIssues(tracking) : []))));
  if (issues.length > 0) throw new ConfigError(options.command ?? "rewardscope run", issues);
}

/** Runs with the same key have the same problems. */
function keyOf({ config, pins, stages }: RunToCheck): string {
  return JSON.stringify([{ ...config, seed: 0 }, pins, stages.map(({ name }) => name)]);
}

/** Problems of all runs unchanged, others with the names of their runs as prefix. */
function together(found: readonly { name: string; issues: readonly ConfigIssue[] }[]): ConfigIssue[] {
  const isSame = (a: ConfigIssue, b: ConfigIssue) => JSON.stringify(a) === JSON.stringify(b);
  const isOfAll = (issue: ConfigIssue) => found.every(({ issues }) => issues.some((other) => isSame(issue, other)));
  const ofAll = found[0].issues.filter(isOfAll);
  const ofSome = found.flatMap(({ name, issues }) =>
    issues.filter((issue) => !isOfAll(issue)).map((issue) => ({ ...issue, path: `${name}: ${issue.path}` })),
  );
  return [...ofAll, ...ofSome];
}

function replacedBy({ folder, stages }: RunToCheck): string[] {
  return stages.flatMap((stage) => [
    scratchFolder(folder, stage),
    ...stage.outputs.map((output) => join(folder, output)),
  ]);
}

async function lookAt({ folder, stages, pins, absent = [], ...run }: RunToCheck, shared: Shared): Promise<Found> {
  // Cached files are also in the cache under the branch's name.
  const config = absent.length > 0 ? run.config : pinConfig(run.config, pins);
  const isAbsent = (setting: string) => absent.includes(setting);
  const needs = stages.flatMap(({ name, requires }) => (requires ? [{ name, ...requires(config) }] : []));
  const found: Partial<Found>[] = [];

  // Without `planOnly`, the run logs these notes when it begins.
  if (shared.planOnly && absent.length === 0 && needs.length > 0)
    found.push({ notes: await checkModels(config, run.config).catch(() => []) });

  // 1. The models, and what follows from their sizes.
  const readsModels = needs.some(({ texts, contexts, ofModel, own }) => texts || contexts || ofModel || own);
  const models: OpenModels = readsModels ? await openModels(config, isAbsent) : { issues: [] };
  const { facts } = models;
  const contexts = longContexts(needs, models);
  found.push(models, { issues: contexts.flatMap(({ cutFrom, issue }) => (cutFrom === undefined ? [issue] : [])) });
  if (facts)
    for (const { name, ofModel } of needs) {
      const { disk, ...rest } = modelNeeds(ofModel, facts);
      found.push({ ...rest, disk: disk && [{ name, disk }] });
    }

  // 2. The reward and the language model.
  if (needs.some(({ reward }) => reward) && !isAbsent("reward.classifier"))
    found.push(await lookAtReward(config, shared));
  if (needs.some(({ llm }) => llm)) found.push(await lookAtLanguageModel(config, folder, shared));

  // 3. What only one stage reads.
  for (const inputs of needs.flatMap(({ own = [] }) => own))
    if (!isAbsent(inputs.path)) found.push(await lookAtOwnInputs(config, inputs, models, shared));

  // 4. The texts.
  const texts = {
    needs: needs.flatMap((need) => need.texts ?? []),
    limits: unique(
      contexts.flatMap(({ cutFrom, most, issue }) => (cutFrom === undefined ? [] : [{ part: cutFrom, most, issue }])),
    ),
  };
  if (texts.needs.length > 0 && !isAbsent("corpus.source"))
    found.push(await lookAtTexts(config, texts, models, shared));
  return {
    // Stages may share needs.
    issues: unique(found.flatMap((part) => part.issues ?? [])),
    notes: found.flatMap((part) => part.notes ?? []),
    disk: found.flatMap((part) => part.disk ?? []),
  };
}

/** The values without repetitions. */
function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function modelNeeds(ofModel: Requirements["ofModel"], facts: ModelFacts): ModelNeeds {
  try {
    return ofModel?.(facts) ?? {};
  } catch (error) {
    if (error instanceof ConfigError) return { issues: error.issues };
    throw error;
  }
}

/** Rows that are longer than the model's positions. */
function longContexts(needs: readonly Requirements[], { positions }: OpenModels) {
  if (!positions) return [];
  const { count: most, setting } = positions;
  const issueOf = ({ tokens, settings: [path, ...others] }: ContextNeed): ConfigIssue => {
    const isAlone = others.length === 0;
    const limit = `at most ${most}${isAlone ? "" : " tokens"}, the positions of ${setting}`;
    return {
      path,
      expected: isAlone ? `${limit} (set ${path}=${most})` : `with ${others.join(" and ")} together ${limit}`,
      received: String(tokens),
    };
  };
  const long = needs.flatMap(({ contexts = [] }) => contexts.filter(({ tokens }) => tokens > most));
  return long.map((context) => ({ cutFrom: context.cutFrom, most, issue: issueOf(context) }));
}

async function lookAtTexts(
  config: Config,
  texts: Parameters<typeof lookThroughTexts>[1],
  { tokenizer, vocabSize }: OpenModels,
  { parts, signal, deadline }: Shared,
): Promise<Partial<Found>> {
  const { seconds, late } = deadline("texts");
  const words = tokenizer && new WordTokens((id) => tokenizer.tokenText(id), givenLexicon(config));
  const issues: ConfigIssue[] = [];
  const options = { parts, tokenizer, vocabSize, words, signal: AbortSignal.any([signal, late]) };
  try {
    for await (const issue of lookThroughTexts(config, texts, options)) issues.push(issue);
    return { issues };
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    const note = `${config.corpus.source} was not read to its end in ${seconds} s: each stage tells itself whether it has texts enough`;
    return { issues: [...issues, ...missingSplits(config)], notes: [note] };
  }
}

async function lookAtOwnInputs(
  config: Config,
  { path, expected, pathOf = () => path, look }: OwnInputs,
  { tokenizer, positions, facts }: OpenModels,
  { signal, deadline }: Shared,
): Promise<Partial<Found>> {
  if (!tokenizer || !positions || !facts) return {};
  const { seconds, late } = deadline("texts");
  const options = { config, tokenizer, facts, positions: positions.count, signal: AbortSignal.any([signal, late]) };
  try {
    return { issues: await look(options) };
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { notes: [`${path} was not read to its end in ${seconds} s`] };
    return { issues: issuesOf(error, { path, expected, pathOf }) };
  }
}

async function lookAtReward(config: Config, { planOnly, signal, deadline }: Shared): Promise<Partial<Found>> {
  const { seconds, late } = deadline("reward");
  try {
    return { issues: await tryReward(config, AbortSignal.any([signal, late])) };
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    const received = `no value in ${seconds} s`;
    if (planOnly) return { notes: [`reward.name: ${received}; a run waits longer before it begins`] };
    return {
      issues: [{ path: "reward.name", expected: "a reward that gives one finite number for a text", received }],
    };
  }
}

async function lookAtLanguageModel(
  config: Config,
  folder: string,
  { planOnly, signal, log }: Shared,
): Promise<Partial<Found>> {
  const { baseURL, model } = config.explainer;
  if (planOnly) return { notes: [`${baseURL} is not asked now; a run asks it for one word before it begins`] };
  log(`asking ${model} at ${baseURL} for one word`);
  return tryLanguageModel(config, folder, signal);
}
