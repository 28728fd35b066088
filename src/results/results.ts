/**
 * results.json: every number of every table and figure. Each stage owns one section, whose schema is in
 * a file of this folder, and writes it when it ends.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FormatError } from "../errors.js";
import { readJson, writeJson } from "../io/atomic.js";
import { ablateResults } from "./ablate.js";
import { check } from "./checked.js";
import { classifyResults } from "./classify.js";
import { dictionariesResults } from "./dictionaries.js";
import { divergenceResults } from "./divergence.js";
import { renameSections } from "./earlier-names.js";
import { frequencyResults } from "./frequency.js";
import { implicitRewardResults } from "./implicit-reward.js";
import { matchResults } from "./match.js";
import { probeResults } from "./probe.js";
import { scoreResults } from "./score.js";
import { studiesResults } from "./studies.js";
import { triplesResults } from "./triples.js";
import { tuneResults } from "./tune.js";

export type { AblateResults, AblationKind, AblationOfKind, ControlEffect } from "./ablate.js";
export type { ClassifyResults, FeatureLabelLine } from "./classify.js";
export type { DictionariesResults, DictionaryQuality } from "./dictionaries.js";
export type { DivergenceResults } from "./divergence.js";
export type { ExplainedFeatureLine } from "./explain.js";
export type { FeatureRecord } from "./features.js";
export type { FrequencyResults } from "./frequency.js";
export type { ImplicitRewardResults, ImplicitRewardWord } from "./implicit-reward.js";
export type { DictionaryName, MatchResults } from "./match.js";
export type { DeltaPoint, LexiconRow, ProbeOfModel, ProbeResults } from "./probe.js";
export type { RunRecordData, StageRecord } from "./run-record.js";
export type { FeatureScoresLine, ScoreResults } from "./score.js";
export type {
  HeadlineMetric,
  HeadlineMetricId,
  Identity,
  SeedDictionaryMatch,
  SeedFigure,
  SeedsResults,
  Spread,
} from "./seeds.js";
export type { MeasuredSetting, StudiesResults, StudyComparison, StudySetting } from "./studies.js";
export type { TriplesResults } from "./triples.js";
export type { TuneResults, TuningMetrics, TuningSample } from "./tune.js";
export type { DictionarySize, Estimator, FeatureName, Interval, KendallResult, ModelRole } from "./values.js";

/** results.json */
const resultsSchema = z.object({
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
  ablate: ablateResults.optional(),
  frequency: frequencyResults.optional(),
});

export type Results = z.output<typeof resultsSchema>;

const fileOf = (folder: string) => join(folder, "results.json");

/**
 * Reads results.json with its sections unchecked, under today's names; a run without one has no
 * results yet.
 * @throws FormatError when it is damaged
 */
export async function readSections(folder: string): Promise<Record<string, unknown>> {
  const file = fileOf(folder);
  if (!existsSync(file)) return {};
  const sections = await readJson(file);
  if (typeof sections !== "object" || sections === null || Array.isArray(sections)) {
    throw new FormatError(file, "expected an object of one section per stage");
  }
  return renameSections(sections as Record<string, unknown>);
}

/**
 * Reads results.json; a run without one has no results yet. NaN, for which JSON has null, is NaN
 * again.
 * @throws FormatError when it is damaged, or a section has another form than its stage writes;
 *   names the field
 */
export async function readResults(folder: string): Promise<Results> {
  return check(resultsSchema, await readSections(folder), fileOf(folder));
}

/**
 * Replaces sections of results.json and leaves the others unchanged, to the byte; undefined removes a
 * section.
 * @throws FormatError when it is damaged
 */
export async function writeResults(folder: string, sections: Results): Promise<void> {
  await writeJson(fileOf(folder), { ...(await readSections(folder)), ...sections });
}
