/** Everything the report shows, read from a run folder. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { FormatError } from "../errors.js";
import { readJson } from "../io/atomic.js";
import { readCsv } from "../io/csv.js";
import { readJsonl } from "../io/jsonl.js";
import type {
  DeltaPoint,
  FeatureRecord,
  LexiconRow,
  PlainWord,
  Results,
  RunRecordData,
  TuningMetrics,
  TuningSample,
} from "./results.js";
import {
  deltaSchema,
  featureSchema,
  lexiconSchema,
  metricsSchema,
  plainWordSchema,
  recordSchema,
  resultsSchema,
  sampleSchema,
} from "./schema.js";

/** A whole run. A stage that has not run leaves its results undefined and its lists empty. */
export interface RunData {
  record: RunRecordData;
  results: Results;
  features: readonly FeatureRecord[];
  lexicon: readonly LexiconRow[];
  /** Words as the models give them directly. */
  plainLexicon: readonly PlainWord[];
  metrics: readonly TuningMetrics[];
  samples: readonly TuningSample[];
  deltas: readonly DeltaPoint[];
}

/**
 * Reads run.json, and results.json, features.jsonl, lexicon.csv, plain.csv, deltas.jsonl and tuning/*.jsonl where they are.
 * The last line of a log of a run that was killed may be torn; it is left out.
 * @throws FormatError when there is no run.json, or a file has another form than its stage writes; names file, line and field
 */
export async function readRun(folder: string): Promise<RunData> {
  const at = (...names: string[]) => join(folder, ...names);
  return {
    record: await readRecord(folder),
    results: existsSync(at("results.json"))
      ? check(resultsSchema, await readJson(at("results.json")), at("results.json"))
      : {},
    features: await rows(at("features.jsonl"), featureSchema, readJsonl),
    lexicon: await rows(at("lexicon.csv"), lexiconSchema, readCsv),
    plainLexicon: await rows(at("plain.csv"), plainWordSchema, readCsv),
    metrics: await rows(at("tuning", "metrics.jsonl"), metricsSchema, readLog),
    samples: await rows(at("tuning", "samples.jsonl"), sampleSchema, readLog),
    deltas: await rows(at("deltas.jsonl"), deltaSchema, readJsonl),
  };
}

/** What a run's progress is told from; much quicker to read than all of it. @throws FormatError as `readRun` */
export async function readTuning(folder: string): Promise<Pick<RunData, "record" | "metrics">> {
  const metrics = join(folder, "tuning", "metrics.jsonl");
  return { record: await readRecord(folder), metrics: await rows(metrics, metricsSchema, readLog) };
}

/**
 * Reads run.json alone.
 * @throws FormatError when there is none, or it has another form than runs write
 */
export async function readRecord(folder: string): Promise<RunRecordData> {
  const file = join(folder, "run.json");
  if (!existsSync(file)) {
    throw new FormatError(file, "no such file", { help: `${folder} is not a run folder; rewardscope run makes one.` });
  }
  return check(recordSchema, await readJson(file), file);
}

const readLog = (path: string) => readJsonl(path, { dropTornTail: true });

async function rows<T>(
  path: string,
  schema: z.ZodType<T>,
  read: (path: string) => AsyncIterable<unknown>,
): Promise<T[]> {
  if (!existsSync(path)) return [];
  const list: T[] = [];
  for await (const row of read(path)) list.push(check(schema, row, path, list.length + 1));
  return list;
}

/** The value in the schema's form. @throws FormatError that names the file, the row of a list, and the field */
export function check<T>(schema: z.ZodType<T>, value: unknown, path: string, row?: number): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = [row === undefined ? "" : `row ${row}`, issue.path.join(".")].filter(Boolean).join(", ");
  throw new FormatError(path, `${place || "the whole file"}: ${issue.message}`, {
    offset: row,
    help: "The file was changed or comes from another version: run the stage that writes it again (--force STAGE).",
  });
}
