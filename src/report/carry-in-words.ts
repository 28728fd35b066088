/** Where the difference of base and tuned model lies, in two sentences. */
import type { CarryResults } from "../results/results.js";
import { excludesZero, fixed, interval, percentInterval } from "./format.js";
import { partName } from "./part-names.js";

/** The largest part each way, and what parts do only together. */
export function partsSentence({ parts, together }: CarryResults): string {
  const largest = (way: "intoBase" | "intoTuned") =>
    parts.reduce((best, part) => (part[way].share.value > best[way].share.value ? part : best));
  const [given, taken] = [largest("intoBase"), largest("intoTuned")];
  const { interaction } = together.intoBase;
  const verdict = !excludesZero(interaction)
    ? "single parts add up to the whole within the interval"
    : interaction.value > 0
      ? `${percentInterval(interaction)} of it comes about only where several parts are together`
      : "single parts add up to more than the whole, so several of them do the same";
  return `Put into the base model by itself, no part gives more of what tuning changed than the ${partName(given)}: ${percentInterval(given.intoBase.share)}; taken out of the tuned model, none takes more away than the ${partName(taken)}: ${percentInterval(taken.intoTuned.share)}; ${verdict}.`;
}

/** What half and all of the difference do to the reward, and where it is highest. */
export function doseSentence({ doses, reward }: CarryResults): string {
  const best = doses.reduce((most, point) => (point.reward.value > most.reward.value ? point : most));
  const half = doses.find(({ dose }) => dose === 0.5);
  const all = interval(reward.difference);
  const changes = half
    ? `Half of the weights' difference changes the reward by ${interval(half.change)}, all of it by ${all}`
    : `All of the weights' difference changes the reward by ${all}`;
  return `${changes}; of the doses the reward is highest at ${fixed(best.dose)}.`;
}
