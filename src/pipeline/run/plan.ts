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

/** Why a stage has to run although none that it needs does. */
function ownReason(
  { stage, settings, inputs }: PlannedStage,
  before: StageRecord,
  damage: readonly Damage[],
): string | undefined {
  if (before.settings !== settings) return "its settings changed";
  const changed = changedInput(inputs, before.inputs);
  if (changed !== undefined) return `${changed} changed`;
  if (before.status !== "done") return before.status === "failed" ? "failed" : "was stopped";
  if (before.outputs === undefined) return "sizes and hashes of its outputs were not kept";
  const own = damage.filter((one) => one.stage === stage.name);
  return own.length === 0 ? undefined : damageInWords(own);
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

  const reasonFor = (planned: PlannedStage, before: StageRecord | undefined): string | undefined => {
    const { name, needs } = planned.stage;
    if (name === force) return "forced";
    if (forced.includes(name)) return `follows ${force}`;
    if (!before || before.settings === null) return "has not run";
    const earlier = needs.find((need) => running.has(need));
    return earlier === undefined ? ownReason(planned, before, damage) : `follows ${earlier}`;
  };

  return applicable.map((stage) => {
    const own = stage.settings(config);
    const settings = hash([config.seed, own]);
    const needs = Object.fromEntries(stage.needs.map((need) => [need, fingerprints[need]]));
    const planned: PlannedStage = { stage, continues: false, settings, inputs: { ...inputsOf(own, inputs), ...needs } };
    fingerprints[stage.name] = hash([stage.name, settings, planned.inputs]);
    planned.reason = reasonFor(planned, record?.stages[stage.name]);
    planned.continues = planned.reason === "was stopped" || planned.reason === "failed";
    if (planned.reason !== undefined) running.add(stage.name);
    return planned;
  });
}
