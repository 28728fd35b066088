/** Sentences on where the difference of base and tuned model is located. */
import { comparedSets } from "../results/compared-sets.js";
import type { CarryResults } from "../results/results.js";
import { excludesZero, fixed, interval, percent, percentInterval, whole } from "./format.js";
import { partName } from "./part-names.js";

/** Where the difference is located: by parts, by dose, and by features if they were exchanged. */
export function carrySentences(carry: CarryResults): string {
  if (!excludesZero(carry.contrast)) return partsSentence(carry);
  return [partsSentence(carry), doseSentence(carry), featuresSentence(carry)].filter(Boolean).join(" ");
}

/**
 * The part with the largest share in each direction, and the interaction of parts; of models that do
 * not differ significantly, that there is nothing to locate.
 */
export function partsSentence({
  contrast,
  parts,
  together,
}: Pick<CarryResults, "contrast" | "parts" | "together">): string {
  if (!excludesZero(contrast))
    return `Base and tuned model do not differ significantly on their completions (${interval(contrast)} nats), so shares of their difference say nothing.`;
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

/** The reward at half and at the whole difference, and its maximum. */
function doseSentence({ doses, reward }: CarryResults): string {
  const best = doses.reduce((most, point) => (point.reward.value > most.reward.value ? point : most));
  const half = doses.find(({ dose }) => dose === 0.5);
  const all = interval(reward.difference);
  const changes = half
    ? `Half of the weights' difference changes the reward by ${interval(half.change)}, all of it by ${all}`
    : `All of the weights' difference changes the reward by ${all}`;
  return `${changes}; of the doses the reward is highest at ${fixed(best.dose)}.`;
}

/**
 * The smallest set of chosen features whose shares exceed those of equally large controls in both
 * directions: its intervals are above 0 and above the control's. Undefined if there is none.
 */
export function carryingFeatures(features: Pick<NonNullable<CarryResults["features"]>, "sets">) {
  return comparedSets(features).find(({ chosen, control }) => {
    const above = (way: "intoBase" | "intoTuned") => chosen[way].low > Math.max(0, control[way].high);
    return above("intoBase") && above("intoTuned");
  });
}

/** The number of shared features that carry the difference; undefined if it was not measured. */
export function featuresSentence({ features }: CarryResults): string | undefined {
  if (!features) return undefined;
  const all = features.wholes.find(({ of }) => of === "all")!;
  const whereAll = `all ${whole(features.features)} features of ${whole(features.layers.length)} layers give ${percentInterval(all.intoBase)} and take ${percentInterval(all.intoTuned)}`;
  const found = carryingFeatures(features);
  if (!found) return `${noneCarries(features)}; ${whereAll}.`;
  const { chosen, control } = found;
  return `${featuresCarry(chosen.chosen)} ${percentInterval(chosen.intoBase)} of it when put into the base model, and ${percentInterval(chosen.intoTuned)} is lost when they are taken out of the tuned one; equally large ones ${percent(control.intoBase.value)} and ${percent(control.intoTuned.value)}; ${whereAll}.`;
}

/** "One feature carries" */
export const featuresCarry = (count: number): string =>
  count === 1 ? "One feature carries" : `${whole(count)} features carry`;

/** That no number of features carries it, with the largest set that has a control and its control. */
function noneCarries(features: NonNullable<CarryResults["features"]>): string {
  const compared = comparedSets(features);
  const largest = compared.at(-1);
  if (!largest) return "No number of features was tried whose change others equal, so none can be compared";
  const [least, most] = [compared[0], largest].map(({ chosen }) => whole(chosen.chosen));
  const both = ({ intoBase, intoTuned }: Pick<typeof largest.chosen, "intoBase" | "intoTuned">) =>
    `${percentInterval(intoBase)} and ${percentInterval(intoTuned)}`;
  const range = compared.length > 1 ? `from ${least} to ${most}` : `= ${most}`;
  return `No k features carry it: of k ${range}, none gives and takes more than equally large changes of other features do (the first ${most}: ${both(largest.chosen)}; others as large: ${both(largest.control)})`;
}
