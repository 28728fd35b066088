/** The stages of the method, in order. Each stage's file lists the stages that it needs. */

import type { Config } from "../../config/config.js";
import type { Stage } from "../run/stage.js";
import { ablateStage } from "./ablate.js";
import { auditStage } from "./audit/audit.js";
import { preferencesStage } from "./audit/preferences.js";
import { carryStage } from "./carry.js";
import { classifyStage } from "./classify.js";
import { dictionariesStage } from "./dictionaries.js";
import { divergenceStage } from "./divergence.js";
import { evaluateStage } from "./evaluate.js";
import { explainStage } from "./explain.js";
import { frequencyStage } from "./frequency.js";
import { implicitRewardStage } from "./implicit-reward.js";
import { matchStage } from "./match.js";
import { probeStage } from "./probe.js";
import { reportStage, type WriteReport } from "./report.js";
import { scoreStage } from "./score.js";
import { studiesStage } from "./studies.js";
import { triplesStage } from "./triples.js";
import { tuneStage } from "./tune/tune.js";

/** Stages of the paper's method, which apply where a run is of the method and not only an audit. */
const ofMethod = (stages: readonly Stage[]): readonly Stage[] =>
  stages.map((stage) => ({
    ...stage,
    applies: (config: Config) => config.stages === "method" && (stage.applies?.(config) ?? true),
  }));

/**
 * All stages except the report, each after those it needs. Which of them apply depends on `stages`.
 */
export const computingStages: readonly Stage[] = [
  ...ofMethod([tuneStage, evaluateStage]),
  // Needs no reward, so audits have it too.
  divergenceStage,
  ...ofMethod([
    dictionariesStage,
    studiesStage,
    matchStage,
    explainStage,
    classifyStage,
    scoreStage,
    triplesStage,
    probeStage,
    implicitRewardStage,
    carryStage,
    ablateStage,
    frequencyStage,
  ]),
  auditStage,
  preferencesStage,
];

/**
 * Every stage once, each after those it needs; the report is the last.
 * @param writeReport the function of the last stage; a parameter, since the pipeline must not
 *   import the report
 */
export function methodStages(writeReport: WriteReport): readonly Stage[] {
  const report = reportStage(
    writeReport,
    computingStages.map(({ name }) => name),
  );
  return [...computingStages, report];
}
