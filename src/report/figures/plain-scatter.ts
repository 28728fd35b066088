/** Figure: the values that the two models give words directly against the lexicon that was given, word by word. */
import type { PlainWord } from "../../results/results.js";
import { fixed } from "../format.js";
import { colours, type Figure } from "./figure.js";
import { drawWordScatter } from "./word-scatter.js";

/** One point per word that the base model would have said at least once. Undefined when there is none. */
export function plainScatterFigure(lexicon: readonly PlainWord[]): Figure | undefined {
  const points = lexicon
    .filter(({ visited }) => visited)
    .map(({ word, trueValue, value, visits }) => ({ word, trueValue, value, support: `${fixed(visits, 1)} visits` }));
  if (points.length === 0) return undefined;
  return {
    title: "Plain reading, tuned against base",
    caption: `Centred log-ratio of ${points.length} words of one token that the base model would say at least once in the contexts read; ${lexicon.length - points.length} words are not visited and not shown. Filled: same sign as in the lexicon; hollow: the other sign.`,
    svg: drawWordScatter(points, { valueName: "plain", colour: colours.tuned, alt: "tuned against base model" }),
  };
}
