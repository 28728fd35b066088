/** The findings of a run in a few lines. */
import { join } from "node:path";
import { auditSentences } from "../report/audit-sentences.js";
import { partName } from "../report/part-names.js";
import { preferencesSentence } from "../report/preferences-in-words.js";
import type { Interval, ModelRole, Results } from "../results/results.js";
import { mean } from "../stats/moments.js";

/** A number that is not defined, such as the tau of a constant list, is NaN. */
const number = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : "-");
const signed = (value: number) => (value < 0 ? number(value) : `+${number(value)}`);
const percent = (value: number) => `${(100 * value).toFixed(1)}%`;
const bounds = ({ low, high }: Interval) => `[${number(low)}, ${number(high)}]`;

function rewardLine({ reward }: NonNullable<Results["tune"]>): string {
  const { base, tuned, difference } = reward;
  const change = `${signed(difference.value)} ${bounds(difference)}`;
  return `${number(base.value)} base -> ${number(tuned.value)} tuned, ${change}, ${difference.n} prompts`;
}

function mmcsLine({ pairs }: NonNullable<Results["match"]>): string {
  const of = (model: ModelRole) => pairs.filter((pair) => pair.model === model).map(({ mmcs }) => mmcs);
  const random = number(mean(pairs.map(({ randomMmcs }) => randomMmcs)));
  const models = (["tuned", "base"] as const).filter((model) => of(model).length > 0);
  const values = models.map((model) => `${number(mean(of(model)))} ${model}`).join(", ");
  return `${values}, ${random} random dictionaries (mean over layers)`;
}

function tauLine({ models }: NonNullable<Results["probe"]>): string {
  const parts = models.flatMap(({ model, kendall }) =>
    kendall
      .filter(({ estimator, words }) => estimator === "leastSquares" && words === "all")
      .map(({ result: { tau } }) => `${number(tau.value)} ${bounds(tau)} ${model}, ${tau.n} words`),
  );
  return parts.join("; ");
}

function implicitRewardLine({ lexicon }: NonNullable<Results["implicitReward"]>): string {
  return lexicon.kendall
    .filter(({ words }) => words === "all" || words === "visited")
    .map(({ words, result: { tau } }) => `${number(tau.value)} ${bounds(tau)} ${words}, ${tau.n} words`)
    .join("; ");
}

function carryLine({ parts, together }: NonNullable<Results["carry"]>): string {
  const share = ({ value, low, high }: Interval) => `${percent(value)} [${percent(low)}, ${percent(high)}]`;
  const largest = (way: "intoBase" | "intoTuned") => {
    const part = parts.reduce((best, one) => (one[way].share.value > best[way].share.value ? one : best));
    return `${partName(part)} ${share(part[way].share)}`;
  };
  const all = percent(together.intoBase.sum.value);
  return `largest part put into base: ${largest("intoBase")}, all parts summed ${all}; taken from tuned: ${largest("intoTuned")}`;
}

function ablationLine({ before, after, effect, random }: NonNullable<Results["ablate"]>): string {
  const change = `${signed(effect.value)} ${bounds(effect)}`;
  const control = random ? `; random features ${signed(random.meanEffect.value)}` : "";
  return `reward ${number(before.value)} -> ${number(after.value)}, ${change}${control}`;
}

function frequencyLine({ models }: NonNullable<Results["frequency"]>): string {
  return models
    .map(({ model, related, average, criterion, threshold }) => {
      const high = criterion === "top decile" ? criterion : `above ${threshold}`;
      return `${percent(related.value)} labelled, ${percent(average.value)} average feature (${model}, R ${high})`;
    })
    .join("; ");
}

function scoreLine({ models }: NonNullable<Results["score"]>): string {
  return models
    .map(({ model, balancedAccuracy: own, control }) => {
      if (own.n === 0) return `no feature of ${model} could be scored`;
      return `${number(own.value)} ${bounds(own)} ${model}, ${number(control.value)} by other features' explanations`;
    })
    .join("; ");
}

/**
 * One line per finding. Findings that the run does not have are left out.
 * @param folder the run folder as it is shown
 */
export function summarize(results: Results, folder: string): string {
  const { tune, divergence, match, classify, score, probe, implicitReward, carry, ablate, frequency, audit } = results;
  const { preferences } = results;
  const related = classify?.models.map(({ model, related, explained }) => `${related} of ${explained} ${model}`);
  const lines: [string, string | undefined][] = [
    ["reward", tune && rewardLine(tune)],
    // An audit chooses no layers.
    ["layers", audit || !divergence ? undefined : `${divergence.chosen.join(", ")} of ${divergence.layers.length}`],
    ["MMCS", match && mmcsLine(match)],
    ["features", related && `related to the reward: ${related.join(", ")}`],
    ["detection", score && scoreLine(score)],
    ["Kendall tau", probe && tauLine(probe)],
    ["implicit tau", implicitReward && implicitRewardLine(implicitReward)],
    ["carry", carry && carryLine(carry)],
    ["ablation", ablate && ablationLine(ablate)],
    ["frequency", frequency && frequencyLine(frequency)],
    ...(audit ? auditSentences(audit) : []).map((sentence, i): [string, string] => [i === 0 ? "answer" : "", sentence]),
    ["preferences", preferences && preferencesSentence(preferences)],
    ["report", join(folder, "report", "index.html")],
  ];
  return lines
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `${name.padEnd(12)} ${text}`)
    .join("\n");
}
