/** Runs of the pipeline's own stages, taken up where an earlier one stopped. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Config,
  type ConfigInput,
  methodStages,
  type Results,
  RunFolder,
  readResults,
  resolveConfig,
  runStages,
  type Stage,
  silentObserver,
} from "../../src/pipeline/index.js";

export interface StageRun {
  folder: string;
  config: Config;
  results: Results;
  /** What its stages took, in all attempts that ended. */
  seconds: number;
}

/** What all parts of the validation share. */
export interface Surroundings {
  /** Where runs lie. */
  folder: string;
  /** One line for the reader. */
  log(line: string): void;
  signal: AbortSignal;
}

/**
 * Runs the stages of a configuration up to and with `last` that are not up to date in the folder.
 * @param name of the run and of its folder
 * @param inPlaceOf what runs in the place of a stage; default: the stage itself
 */
export function runStagesIn(
  name: string,
  input: ConfigInput,
  last: "evaluate" | "probe" | "implicit-reward" | "ablate",
  surroundings: Surroundings,
  inPlaceOf: (stage: Stage) => Stage = (stage) => stage,
): Promise<StageRun> {
  const all = methodStages(async () => "");
  const through = all.slice(0, all.findIndex((stage) => stage.name === last) + 1);
  return runTheseStages(name, input, through.map(inPlaceOf), surroundings);
}

/** Runs those of the given stages that are not up to date in the folder. */
export async function runTheseStages(
  name: string,
  input: ConfigInput,
  stages: readonly Stage[],
  { folder: parent, log, signal }: Surroundings,
): Promise<StageRun> {
  const folder = join(parent, name);
  const config = resolveConfig({ source: name, input });
  const run = existsSync(join(folder, "run.json"))
    ? await RunFolder.open(folder, config)
    : await RunFolder.create(folder, config);
  const observer: typeof silentObserver = {
    ...silentObserver,
    stageEnds: ({ name: stage }, outcome, seconds) => {
      if (outcome !== "upToDate") log(`${name}: ${stage} ${outcome}, ${seconds.toFixed(0)} s`);
    },
    log: (line) => log(`${name}: ${line}`),
  };
  try {
    await runStages(run, { stages, observer, signal, clock: () => new Date() });
    const seconds = Object.values(run.record.stages).reduce((sum, stage) => sum + (stage.seconds ?? 0), 0);
    return { folder, config, results: await readResults(folder), seconds };
  } finally {
    await run.release();
  }
}
