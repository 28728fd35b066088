/** Reads everything that the report shows from a run folder. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readCsv } from "../io/csv.js";
import { readJsonl } from "../io/jsonl.js";
import { readRowsIfAny } from "./checked.js";
import { earlierImplicitRewardFile } from "./earlier-names.js";
import { type FeatureRecord, readFeatures } from "./features.js";
import { OutputChecks, refuseDamage } from "./outputs.js";
import { type Results, readResults } from "./results.js";
import { type RunRecordData, readRecord } from "./run-record.js";
import { type CarriedToken, readCarriedTokens } from "./sections/carry.js";
import { type ImplicitRewardWord, implicitRewardFile, implicitRewardWord } from "./sections/implicit-reward.js";
import { type DeltaPoint, deltaPoint, type LexiconRow, lexiconRow } from "./sections/probe.js";
import { type TuningMetrics, type TuningSample, tuningMetrics, tuningSample } from "./sections/tune.js";

/** A whole run. Results of stages that have not run are undefined, their lists empty. */
export interface RunData {
  record: RunRecordData;
  results: Results;
  features: readonly FeatureRecord[];
  lexicon: readonly LexiconRow[];
  /** Lexicon words with their implicit reward. */
  implicitRewards: readonly ImplicitRewardWord[];
  /** Tokens with the integrated gradients of their rows. */
  carriedTokens: readonly CarriedToken[];
  metrics: readonly TuningMetrics[];
  samples: readonly TuningSample[];
  deltas: readonly DeltaPoint[];
}

/** Only tables are read here, not models and dictionaries. */
const isTable = (name: string) => name === "results.json" || /\.(jsonl|csv)$/.test(name);

/**
 * Reads run.json, and results.json, features.jsonl with labels.jsonl and scores.jsonl, lexicon.csv,
 * implicit-reward.csv, carry/tokens.csv, deltas.jsonl and tuning/*.jsonl if they exist. An
 * incomplete last line of a log, left by a killed run, is ignored. Files of earlier versions are
 * read too.
 * @throws FormatError when there is no run.json, or a file was changed after its stage or has
 *   another form than its stage writes; names file, line and field
 */
export async function readRun(folder: string): Promise<RunData> {
  const at = (...names: string[]) => join(folder, ...names);
  const record = await readRecord(folder);
  refuseDamage(folder, await new OutputChecks(folder).damage(record.stages, { files: isTable }));
  return {
    record,
    results: await readResults(folder),
    features: await readFeatures(folder),
    lexicon: await readRowsIfAny(at("lexicon.csv"), lexiconRow, readCsv),
    implicitRewards: await readImplicitRewards(folder),
    carriedTokens: await readCarriedTokens(folder),
    metrics: await readMetrics(folder),
    samples: await readRowsIfAny(at("tuning", "samples.jsonl"), tuningSample, readLog),
    deltas: await readRowsIfAny(at("deltas.jsonl"), deltaPoint, readJsonl),
  };
}

/** From implicit-reward.csv, or from the file under its earlier name. */
function readImplicitRewards(folder: string): Promise<ImplicitRewardWord[]> {
  const file = join(folder, implicitRewardFile);
  const path = existsSync(file) ? file : join(folder, earlierImplicitRewardFile);
  return readRowsIfAny(path, implicitRewardWord, readCsv);
}

const readLog = (path: string) => readJsonl(path, { dropTornTail: true });

/** The metrics of all batches; empty if there is no log. @throws FormatError as `readRun` */
export function readMetrics(folder: string): Promise<TuningMetrics[]> {
  return readRowsIfAny(join(folder, "tuning", "metrics.jsonl"), tuningMetrics, readLog);
}
