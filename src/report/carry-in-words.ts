/** Where the difference of base and tuned model lies, in sentences. */
import type { CarryResults } from "../results/results.js";
import { excludesZero, fixed, interval, percent, percentInterval, whole } from "./format.js";
import { partName } from "./part-names.js";

/** The largest part each way, and what parts do only together. */
export function partsSentence({ parts, together }: Pick<CarryResults, "parts" | "together">): string {
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

/** A control of equal size counts where its features change at least this share of what the chosen ones do. */
const AS_LARGE = 0.9;

/**
 * The smallest number of features that carry more than equally large ones both ways: their intervals
 * lie above 0 and above the intervals of the control. Undefined where no number does.
 */
export function carryingFeatures({ sets }: NonNullable<CarryResults["features"]>) {
  for (const chosen of sets.filter(({ set }) => set === "chosen").sort((a, b) => a.chosen - b.chosen)) {
    const control = sets.find(({ set, chosen: of }) => set === "size" && of === chosen.chosen);
    if (!control || control.size < AS_LARGE * chosen.size) continue;
    const above = (way: "intoBase" | "intoTuned") => chosen[way].low > Math.max(0, control[way].high);
    if (above("intoBase") && above("intoTuned")) return { chosen, control };
  }
  return undefined;
}

/** How many features of the shared dictionaries carry what tuning changed; undefined where none were measured. */
export function featuresSentence({ features }: CarryResults): string | undefined {
  if (!features) return undefined;
  const all = features.wholes.find(({ of }) => of === "all")!;
  const whereAll = `all ${whole(features.features)} features of ${whole(features.layers.length)} layers give ${percentInterval(all.intoBase)} and take ${percentInterval(all.intoTuned)}`;
  const found = carryingFeatures(features);
  if (!found)
    return `No set of features carries it: none of those tried gives and takes more than equally large changes of other features do; ${whereAll}.`;
  const { chosen, control } = found;
  const count = chosen.chosen === 1 ? "One feature carries" : `${whole(chosen.chosen)} features carry`;
  return `${count} ${percentInterval(chosen.intoBase)} of it when put into the base model, and ${percentInterval(chosen.intoTuned)} is lost when they are taken out of the tuned one; equally large ones ${percent(control.intoBase.value)} and ${percent(control.intoTuned.value)}; ${whereAll}.`;
}
