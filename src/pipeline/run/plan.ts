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

/** What is to be done with one stage. */
export interface PlannedStage {
  stage: Stage;
  /** Why it has to run, in words; undefined when it is up to date. */
  reason?: string;
  /** It has to run only since a stage does that it needs. */
  follows: boolean;
  /** It was stopped or killed under the same settings and inputs, and goes on with what it left. */
  continues: boolean;
  /** What run.json will say of its settings and inputs. */
  settings: string;
  inputs: Record<string, string>;
}

export interface PlanRequest {
  config: Config;
  stages: readonly Stage[];
  /** None for a run that has not begun. */
  record?: RunRecord;
  /** What `OutputChecks` found in the run folder; default: nothing. */
  damage?: readonly Damage[];
  /** SHA-256 of what the run reads from outside, as `hashInputs` gives it. */
  inputs: Record<string, string>;
  /** A stage that runs again, with all that follow. */
  force?: string;
}

const hash = (value: unknown) => sha256Text(JSON.stringify(value) ?? "");

/** Models, texts and assets count for every stage, a file that the reward or the prompts are made of for those with its setting among theirs. */
function inputsOf(settings: unknown, inputs: Record<string, string>): Record<string, string> {
  const counts = (name: string) =>
    !/^(reward|explainer)\./.test(name) || valueAt(settings, name.split(".")) !== undefined;
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => counts(name)));
}

function changedInput(now: Record<string, string>, before: Record<string, string>): string | undefined {
  return [...Object.keys(now), ...Object.keys(before)].find((name) => now[name] !== before[name]);
}

function hasRun(before: StageRecord | undefined): before is StageRecord {
  return before !== undefined && before.settings !== null;
}

/** Why a stage has to run although none that it needs does, its outputs aside. */
function ownReason({ settings, inputs }: PlannedStage, before: StageRecord): string | undefined {
  if (before.settings !== settings) return "its settings changed";
  const changed = changedInput(inputs, before.inputs);
  if (changed !== undefined) return `${changed} changed`;
  if (before.status !== "done") return before.status === "failed" ? "failed" : "was stopped";
  return before.outputs === undefined ? "sizes and hashes of its outputs were not kept" : undefined;
}

/**
 * The stages that apply, in order, each with what is to be done.
 * @throws InternalError when the stages do not fit together
 */
export function planStages({ config, stages, record, damage = [], inputs, force }: PlanRequest): PlannedStage[] {
  const applicable = applicableStages(stages, config);
  const forced = force === undefined ? [] : followers(applicable, force);
  const fingerprints: Record<string, string> = {};
  const running = new Set<string>();

  /** The stage that runs for a reason of its own or follows another, and that this one needs. */
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
