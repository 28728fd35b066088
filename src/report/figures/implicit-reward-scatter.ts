/** Figure: implicit rewards of words against their values in the given lexicon. */
import type { ImplicitRewardWord } from "../../results/results.js";
import { fixed } from "../format.js";
import { colours, type Figure } from "./figure.js";
import { drawWordScatter } from "./word-scatter.js";

/**
 * One point per visited word, which the base model is expected to sample at least once. Undefined
 * when there is none.
 */
export function implicitRewardScatterFigure(lexicon: readonly ImplicitRewardWord[]): Figure | undefined {
  const points = lexicon
    .filter(({ visited }) => visited)
    .map(({ word, trueValue, value, visits }) => ({ word, trueValue, value, support: `${fixed(visits, 1)} visits` }));
  if (points.length === 0) return undefined;
  return {
    title: "Implicit reward of words",
    caption: `Implicit reward, a centred log-ratio of tuned and base model, of ${points.length} words of one token that the base model is expected to sample at least once in the contexts. ${lexicon.length - points.length} words are not visited and not shown. Filled: same sign as in the lexicon; hollow: the other sign.`,
    svg: drawWordScatter(points, {
      valueName: "implicit reward",
      axis: "implicit reward",
      colour: colours.tuned,
      alt: "tuned against base model",
    }),
  };
}
