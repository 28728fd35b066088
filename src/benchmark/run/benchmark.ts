/** Runs a benchmark: makes the organisms, lets every method rank the hypotheses for each, and compares with the truth. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { ConfigError, type ConfigIssue, FormatError, RewardscopeError } from "../../errors.js";
import { logRatioOf } from "../../interpret/audit/audited-text.js";
import { readJson, writeJson } from "../../io/atomic.js";
import { writeCsv } from "../../io/csv.js";
import { makeFolder, takenProblem } from "../../io/make-folder.js";
import { shownList } from "../../io/shown-value.js";
import { checkModel } from "../../model/load.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import type { Config } from "../../pipeline/index.js";
import type { RunObserver } from "../../pipeline/run/observer.js";
import { writeBenchmarkPage } from "../../report/pages/benchmark.js";
import {
  type BenchmarkOutcome,
  type BenchmarkPair,
  type BenchmarkResults,
  type BenchmarkTruth,
  readRanking,
  readTruth,
  writeBenchmarkResults,
} from "../../results/benchmark.js";
import { check } from "../../results/checked.js";
import { mean } from "../../stats/moments.js";
import { hypotheses, isHypothesis } from "../hypotheses/hypotheses.js";
import type { Method } from "../methods/method.js";
import type { Organism } from "../organisms/organism.js";
import type { Evidence } from "../pair/evidence.js";
import { type SeedContext, seedContext } from "../pair/make-context.js";
import { makeOrganism } from "../pair/make-organism.js";
import { readEvidence } from "../pair/read-evidence.js";
import { givenPlans, modelFolders, type PairPlan, plansToMake, tunedFolder } from "./pairs.js";
import { familyBound, scorePair } from "./score-pair.js";
import { type BenchmarkChanges, benchmarkConfig } from "./settings.js";
import { summarise } from "./summarise.js";

export interface BenchmarkOptions {
  readonly out: string;
  /** Continue what is in `out`. */
  readonly resume: boolean;
  /** What to make; ignored where `given` names a folder of organisms. */
  readonly organisms: readonly Organism[];
  readonly seeds: readonly number[];
  readonly methods: readonly Method[];
  readonly given?: string;
  readonly changes?: BenchmarkChanges;
  readonly observer: Pick<RunObserver, "workStarts" | "log">;
  readonly signal: AbortSignal;
}

/** What was read of a pair beside the rankings. */
const reading = z.object({ kl: z.number(), seconds: z.number() });

const settingsFile = (out: string) => join(out, "settings.json");
const ranksFile = (out: string, pair: string, method: string) => join(out, "ranks", pair, `${method}.json`);
const readingFile = (out: string, pair: string) => join(out, "ranks", pair, "reading.json");

/** What all pairs share, whatever the seed. */
function comparable(config: Config) {
  const { model, corpus, ppo, audit } = config;
  return { model, corpus, ppo, audit };
}

/** @throws ConfigError when the folder has another benchmark, or one that was not asked to go on */
async function openFolder(out: string, resume: boolean, settings: object): Promise<void> {
  const file = settingsFile(out);
  if (existsSync(file)) {
    const issue = !resume
      ? { path: "--out", expected: "a new folder, or --resume", received: `${out}, which has a benchmark` }
      : isDeepStrictEqual(await readJson(file), JSON.parse(JSON.stringify(settings)))
        ? undefined
        : { path: "--out", expected: "a benchmark of the same settings", received: `${out}, whose settings differ` };
    if (issue) throw new ConfigError("benchmark", [issue]);
    return;
  }
  const problem = await takenProblem(out);
  if (problem)
    throw new ConfigError("benchmark", [{ path: "--out", expected: "a new or empty folder", received: problem }]);
  await makeFolder(out);
  await writeJson(file, settings);
}

/**
 * Looks at all pairs of others before the first is ranked.
 * @throws ConfigError with every organism.json, model and truth that cannot be used
 */
async function checkGiven(plans: readonly PairPlan[]): Promise<void> {
  const issues: ConfigIssue[] = [];
  const look = async (path: string, expected: string, work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error) => {
      if (!(error instanceof RewardscopeError)) throw error;
      issues.push({ path, expected, received: error.message.split("\n")[0] });
    });
  };
  for (const plan of plans) {
    await look(plan.name, "a pair of models that can be loaded", async () => {
      const { base, tuned } = await modelFolders(plan);
      for (const folder of [base, tuned]) await checkModel(folder);
    });
    if (existsSync(plan.truthFile))
      await look(plan.name, "a truth about hypotheses of the list", () => knownTruth(plan.truthFile));
  }
  if (issues.length > 0) throw new ConfigError("benchmark", issues);
}

/**
 * All of a benchmark; what is in the folder already is not made again. The table is written after each pair,
 * of the pairs so far.
 * @throws ConfigError as `openFolder`, `plansToMake` and `givenPlans`
 */
export async function runBenchmark(options: BenchmarkOptions): Promise<BenchmarkResults> {
  const { out, resume, organisms, seeds, methods, given, changes, observer, signal } = options;
  const plans = given === undefined ? plansToMake(organisms, seeds, out) : await givenPlans(given);
  if (given !== undefined) await checkGiven(plans);
  const settings = comparable(benchmarkConfig(0, changes));
  await openFolder(out, resume, given === undefined ? settings : { ...settings, organisms: resolve(given) });
  const pairs: BenchmarkPair[] = [];
  const outcomes: BenchmarkOutcome[] = [];
  let results = summarise(hypotheses.length, [], [], []);
  const bound = familyBound(hypotheses.length);
  const contextOf = keepLast((seed) =>
    seedContext(benchmarkConfig(seed, changes), {
      signal,
      tunedFolderOf: (organism) => tunedFolder(out, organism, seed),
    }),
  );
  for (const [place, plan] of plans.entries()) {
    observer.log(`${place + 1} of ${plans.length}: ${plan.name}`);
    await makeAndRank(plan, options, contextOf);
    const scored = await readPair(plan, options, bound);
    pairs.push(scored.pair);
    outcomes.push(...scored.outcomes);
    results = summarise(hypotheses.length, methods, pairs, outcomes);
    await writeTables(out, results);
  }
  return results;
}

async function writeTables(out: string, results: BenchmarkResults): Promise<void> {
  await writeBenchmarkResults(out, results);
  await writeCsv(join(out, "table.csv"), results.methods);
  await writeCsv(join(out, "outcomes.csv"), results.outcomes);
  await writeBenchmarkPage(out, results);
}

/** @throws FormatError when the file has another form, or names what is no hypothesis */
async function knownTruth(file: string): Promise<BenchmarkTruth> {
  const known = await readTruth(file);
  const unknown = [...Object.keys(known.truth), ...known.leftOut].filter((name) => !isHypothesis(name));
  if (unknown.length === 0) return known;
  throw new FormatError(file, `expected names of hypotheses, received ${shownList(unknown, 10)}`, {
    help: "ranks/NAME/random.json of any benchmark lists them.",
  });
}

/** Reads the rankings of a pair and compares them with the truth, where it is known. */
async function readPair(
  plan: PairPlan,
  { out, methods }: BenchmarkOptions,
  bound: number,
): Promise<{ pair: BenchmarkPair; outcomes: BenchmarkOutcome[] }> {
  const known = existsSync(plan.truthFile) ? await knownTruth(plan.truthFile) : undefined;
  const outcomes: BenchmarkOutcome[] = [];
  for (const { name } of methods) {
    const ranking = await readRanking(ranksFile(out, plan.name, name));
    outcomes.push(scorePair({ pair: plan.name, method: name }, ranking, known, bound));
  }
  const file = readingFile(out, plan.name);
  const pair = {
    ...{ name: plan.name, organism: plan.organism, summary: plan.summary },
    seed: plan.made ? plan.seed : null,
    truths: known ? Object.keys(known.truth).length : null,
    leftOut: known?.leftOut.length ?? 0,
    dose: known?.dose,
    kl: check(reading, await readJson(file), file).kl,
  };
  return { pair, outcomes };
}

/** Keeps what was made for the latest seed: pairs come seed by seed. */
function keepLast<T>(make: (seed: number) => T): (seed: number) => T {
  let kept: { seed: number; made: T } | undefined;
  return (seed) => {
    if (kept?.seed !== seed) kept = { seed, made: make(seed) };
    return kept.made;
  };
}

/** Makes the pair and the rankings that are not there. */
async function makeAndRank(
  plan: PairPlan,
  { out, methods, changes, observer, signal }: BenchmarkOptions,
  contextOf: (seed: number) => Promise<SeedContext>,
): Promise<void> {
  const config = benchmarkConfig(plan.seed, changes);
  if (plan.made)
    await makeOrganism(plan.made, plan.folder, plan.truthFile, {
      ...(await contextOf(plan.seed)),
      workStarts: () => observer.workStarts(`making ${plan.name}`),
    });
  const missing = methods.filter(({ name }) => !existsSync(ranksFile(out, plan.name, name)));
  if (missing.length === 0 && existsSync(readingFile(out, plan.name))) return;
  const folders = await modelFolders(plan);
  const begin = performance.now();
  const progress = observer.workStarts(`reading ${plan.name}`);
  const evidence = await readEvidence(plan.name, folders, {
    ...{ config, progress, signal, tokenizer: await loadTokenizer(folders.base) },
  });
  try {
    await mkdir(join(out, "ranks", plan.name), { recursive: true });
    await writeJson(readingFile(out, plan.name), { kl: klOf(evidence), seconds: secondsSince(begin) });
    progress.start(missing.length, "methods");
    for (const [done, method] of missing.entries()) {
      signal.throwIfAborted();
      progress.update(done, method.name);
      await rankBy(method, evidence, ranksFile(out, plan.name, method.name));
    }
    progress.end();
  } finally {
    await Promise.all([evidence.base.dispose(), evidence.tuned.dispose()]);
  }
}

const secondsSince = (begin: number): number => (performance.now() - begin) / 1000;

/** Mean log-ratio of the tuned model's completions, in nats. */
function klOf({ texts }: Evidence): number {
  return mean(texts.filter(({ origin }) => origin === "tuned").map((text) => logRatioOf(text, "total")));
}

async function rankBy(method: Method, evidence: Evidence, file: string): Promise<void> {
  if (method.readsFeatures) await evidence.features();
  const begin = performance.now();
  const scores = await method.rank(evidence, hypotheses);
  await writeJson(file, {
    seconds: secondsSince(begin),
    scores: scores.map((score, i) => ({ hypothesis: hypotheses[i].name, score })),
  });
}
