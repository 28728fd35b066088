/**
 * results.json: every number of every table and figure. Each stage owns one section, whose schema
 * is in a file of this folder, and writes it when it ends.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FormatError } from "../errors.js";
import { jsonText, messageOf, readJson, readText, writeJson } from "../io/atomic.js";
import { sha256Text } from "../io/hash.js";
import { isObject } from "../io/json-object.js";
import { check } from "./checked.js";
import { renameSections } from "./earlier-names.js";
import { ablateResults } from "./sections/ablate.js";
import { auditResults } from "./sections/audit.js";
import { carryResults } from "./sections/carry.js";
import { classifyResults } from "./sections/classify.js";
import { corpusResults } from "./sections/corpus.js";
import { dictionariesResults } from "./sections/dictionaries.js";
import { divergenceResults } from "./sections/divergence.js";
import { frequencyResults } from "./sections/frequency.js";
import { implicitRewardResults } from "./sections/implicit-reward.js";
import { matchResults } from "./sections/match.js";
import { preferencesResults } from "./sections/preferences.js";
import { probeResults } from "./sections/probe.js";
import { scoreResults } from "./sections/score.js";
import { studiesResults } from "./sections/studies.js";
import { triplesResults } from "./sections/triples.js";
import { tuneResults } from "./sections/tune.js";

export type { FeatureRecord } from "./features.js";
export type { RunRecordData, StageRecord } from "./run-record.js";
export type { AblateResults, AblationKind, AblationOfKind, ControlEffect } from "./sections/ablate.js";
export type { AuditExplanation, AuditedTextLine, AuditResults } from "./sections/audit.js";
export type { CarriedToken, CarryResults } from "./sections/carry.js";
export type { ClassifyResults, FeatureLabelLine } from "./sections/classify.js";
export type { DictionariesResults, DictionaryQuality, SharedQuality } from "./sections/dictionaries.js";
export type { DivergenceResults } from "./sections/divergence.js";
export type { ExplainedFeatureLine } from "./sections/explain.js";
export type { FrequencyResults } from "./sections/frequency.js";
export type { ImplicitRewardResults, ImplicitRewardWord } from "./sections/implicit-reward.js";
export type { DictionaryName, MatchResults } from "./sections/match.js";
export type { PreferencesResults } from "./sections/preferences.js";
export type { DeltaPoint, LexiconRow, ProbeOfModel, ProbeResults } from "./sections/probe.js";
export type { FeatureScoresLine, ScoreResults } from "./sections/score.js";
export type { MeasuredSetting, StudiesResults, StudyComparison, StudySetting } from "./sections/studies.js";
export type { TriplesResults } from "./sections/triples.js";
export type { TuneResults, TuningMetrics, TuningSample } from "./sections/tune.js";
export type {
  HeadlineMetric,
  HeadlineMetricId,
  Identity,
  SeedDictionaryMatch,
  SeedFigure,
  SeedsResults,
  Spread,
} from "./seeds.js";
export type { DictionarySize, Estimator, FeatureName, Interval, KendallResult, ModelRole } from "./values.js";

/** results.json */
const resultsSchema = z.object({
  corpus: corpusResults.optional(),
  tune: tuneResults.optional(),
  divergence: divergenceResults.optional(),
  dictionaries: dictionariesResults.optional(),
  studies: studiesResults.optional(),
  match: matchResults.optional(),
  classify: classifyResults.optional(),
  score: scoreResults.optional(),
  triples: triplesResults.optional(),
  probe: probeResults.optional(),
  implicitReward: implicitRewardResults.optional(),
  carry: carryResults.optional(),
  ablate: ablateResults.optional(),
  frequency: frequencyResults.optional(),
  audit: auditResults.optional(),
  preferences: preferencesResults.optional(),
});

/** results.json: one section for each stage that has run. */
export interface Results extends z.output<typeof resultsSchema> {}

const fileOf = (folder: string) => join(folder, "results.json");

/**
 * Reads the sections of results.json without checking them, under current names; empty if there is
 * no file yet.
 * @throws FormatError when it is damaged
 */
export async function readSections(folder: string): Promise<Record<string, unknown>> {
  const file = fileOf(folder);
  if (!existsSync(file)) return {};
  const sections = await readJson(file);
  if (!isObject(sections)) throw new FormatError(file, "expected an object of one section per stage");
  return renameSections({ ...sections });
}

/**
 * SHA-256 of a section as JSON without spaces, in lower-case hex; the same before writing and after
 * reading.
 */
export function hashSection(section: unknown): string {
  return sha256Text(JSON.stringify(section));
}

/**
 * Reads results.json; empty if there is no file yet. null, which JSON has for NaN, is read as NaN.
 * @throws FormatError when it is damaged, or a section has another form than its stage writes;
 *   names the field
 */
export async function readResults(folder: string): Promise<Results> {
  return check(resultsSchema, await readSections(folder), fileOf(folder));
}

/**
 * Replaces sections of results.json and leaves the others unchanged; undefined removes one. The
 * order of sections is fixed.
 * @throws FormatError when it is damaged
 */
export async function writeResults(folder: string, sections: Results): Promise<void> {
  await writeJson(fileOf(folder), inOrder({ ...(await readSections(folder)), ...sections }));
}

const sectionNames = Object.keys(resultsSchema.shape);

function inOrder(sections: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = sectionNames.filter((name) => name in sections);
  return { ...Object.fromEntries(known.map((name) => [name, sections[name]])), ...sections };
}

/**
 * Restores the form in which `writeResults` writes results.json: removes entries that are not
 * sections, and the whole file if it cannot be read.
 * @returns a description of the change; undefined if the file was in order or does not exist
 */
export async function tidyResults(folder: string): Promise<string | undefined> {
  const file = fileOf(folder);
  if (!existsSync(file)) return undefined;
  let found: Record<string, unknown>;
  try {
    found = await readSections(folder);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    await rm(file, { recursive: true, force: true });
    await writeJson(file, {});
    return `results.json could not be read and was emptied: ${messageOf(error)}`;
  }
  const foreign = Object.keys(found).filter((name) => !sectionNames.includes(name));
  const sections = inOrder(found);
  for (const name of foreign) delete sections[name];
  if ((await readText(file)) === jsonText(sections)) return undefined;
  await writeJson(file, sections);
  if (foreign.length === 0) return "results.json was laid out as stages write it";
  return `results.json held ${foreign.join(", ")}, which no stage writes; this was removed`;
}
