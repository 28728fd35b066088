/** Figure: the rebuilt lexicon against the given lexicon, one point per word. */
import type { LexiconRow, ModelRole } from "../../results/results.js";
import { colours, type Figure, roleNames } from "./figure.js";
import { drawWordScatter, type WordPoint } from "./word-scatter.js";

/** One point per word (least squares, out of fold). Undefined when no word was rebuilt. */
export function lexiconScatterFigure(lexicon: readonly LexiconRow[], model: ModelRole): Figure | undefined {
  const points = lexicon.flatMap((row): WordPoint[] => {
    const value = row[model];
    if (value === null) return [];
    const { word, trueValue } = row;
    return [{ word, trueValue, value, support: `${row[`${model}Occurrences`]} occurrences` }];
  });
  if (points.length === 0) return undefined;
  return {
    title: `Rebuilt lexicon, ${roleNames[model]}`,
    caption: `Values of ${points.length} words of one token, each predicted by a probe that was fitted without the word. Filled: same sign as in the lexicon; hollow: the other sign.`,
    svg: drawWordScatter(points, {
      valueName: "rebuilt",
      axis: "rebuilt value",
      colour: colours[model],
      alt: roleNames[model],
    }),
  };
}
