/**
 * Which stages have to run, and why: those whose settings, inputs or outputs changed, and all that
 * follow them.
 */
import type { Config } from "../../config/config.js";
import { sha256Text } from "../../io/hash.js";
import { type Damage, damageInWords } from "../../results/outputs.js";
import type { StageRecord } from "../../results/run-record.js";
import { valueAt } from "../../settings/issues.js";
import type { RunRecord } from "./run-record.js";
import { applicableStages, followers, type Stage } from "./stage.js";

/** The plan for one stage. */
export interface PlannedStage {
  stage: Stage;
  /** The reason why it has to run; undefined when it is up to date. */
  reason?: string;
  /** Whether it has to run only because a stage that it needs will run. */
  follows: boolean;
  /**
   * Whether it was interrupted under the same settings and inputs, and continues from its
   * checkpoints.
   */
  continues: boolean;
  /** The hash of its settings and inputs for run.json. */
  settings: string;
  inputs: Record<string, string>;
}

/** What is known of a run before it is decided which stages run. */
export interface PlanRequest {
  config: Config;
  stages: readonly Stage[];
  /** Absent for a run that has not begun. */
  record?: RunRecord;
  /** Damage found by `OutputChecks` in the run folder; default: none. */
  damage?: readonly Damage[];
  /** SHA-256 of the run's external inputs, from `hashInputs`. */
  inputs: Record<string, string>;
  /** A stage to run again, with all stages that follow. */
  force?: string;
}

const hash = (value: unknown) => sha256Text(JSON.stringify(value) ?? "");

/**
 * The inputs that a stage depends on: models, texts and assets for every stage, a file of the
 * reward, the prompts or given dictionaries only for stages with its setting.
 */
function inputsOf(settings: unknown, inputs: Record<string, string>): Record<string, string> {
  const counts = (name: string) =>
    !/^(reward|explainer|dictionaries)\./.test(name) || valueAt(settings, name.split(".")) !== undefined;
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => counts(name)));
}

function changedInput(now: Record<string, string>, before: Record<string, string>): string | undefined {
  return [...Object.keys(now), ...Object.keys(before)].find((name) => now[name] !== before[name]);
}

function hasRun(before: StageRecord | undefined): before is StageRecord {
  return before !== undefined && before.settings !== null;
}

/** The reason why a stage has to run, other than its outputs and earlier stages. */
function ownReason({ settings, inputs }: PlannedStage, before: StageRecord): string | undefined {
  if (before.settings !== settings) return "its settings changed";
  const changed = changedInput(inputs, before.inputs);
  if (changed !== undefined) return `${changed} changed`;
  if (before.status !== "done") return before.status === "failed" ? "failed" : "was stopped";
  return before.outputs === undefined ? "sizes and hashes of its outputs were not kept" : undefined;
}

/**
 * Plans the stages that apply, in order.
 * @throws InternalError when the stages do not fit together
 */
export function planStages({ config, stages, record, damage = [], inputs, force }: PlanRequest): PlannedStage[] {
  const applicable = applicableStages(stages, config);
  const forced = force === undefined ? [] : followers(applicable, force);
  const fingerprints: Record<string, string> = {};
  const running = new Set<string>();

  /** The stage that is the first cause for running this one. */
  const leaderOf = ({ name, needs }: Stage, before: StageRecord | undefined): string | undefined => {
    if (forced.includes(name)) return force;
    return hasRun(before) ? needs.find((need) => running.has(need)) : undefined;
  };

  const reasonFor = (planned: PlannedStage, before: StageRecord | undefined): string | undefined => {
    const { name } = planned.stage;
    if (name === force) return "forced";
    const leader = leaderOf(planned.stage, before);
    const damaged = damage.filter(({ stage }) => stage === name);
    const own = hasRun(before) ? ownReason(planned, before) : "has not run";
    planned.follows = leader !== undefined && damaged.length === 0;
    const first = leader === undefined ? own : `follows ${leader}`;
    return damaged.length === 0 ? first : [...(first ? [first] : []), damageInWords(damaged)].join("; ");
  };

  return applicable.map((stage) => {
    const own = stage.settings(config);
    const settings = hash([config.seed, own]);
    const needs = Object.fromEntries(stage.needs.map((need) => [need, fingerprints[need]]));
    const planned: PlannedStage = {
      stage,
      follows: false,
      continues: false,
      settings,
      inputs: { ...inputsOf(own, inputs), ...needs },
    };
    fingerprints[stage.name] = hash([stage.name, settings, planned.inputs]);
    planned.reason = reasonFor(planned, record?.stages[stage.name]);
    planned.continues = planned.reason === "was stopped" || planned.reason === "failed";
    if (planned.reason !== undefined) running.add(stage.name);
    return planned;
  });
}
