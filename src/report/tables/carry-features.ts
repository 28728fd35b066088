/** Table: shares of the models' difference carried by shared features, with controls. */
import type { CarryResults, Interval } from "../../results/results.js";
import { fixed, interval, percent, percentInterval, whole } from "../format.js";
import type { Row, Table } from "./table.js";

type Features = NonNullable<CarryResults["features"]>;

const setNames: Readonly<Record<Features["sets"][number]["set"], string>> = {
  chosen: "chosen",
  random: "random",
  frequency: "as often active",
  size: "as large a change",
};

const wholeNames: Readonly<Record<Features["wholes"][number]["of"], string>> = {
  all: "all features",
  allAndError: "all features and the error",
  error: "the error alone",
  meanDifference: "mean difference of the MLP outputs",
};

export function carryFeaturesTable({ sets, wholes, doses, contrast, prompts, layers, features }: Features): Table {
  const row = (
    name: string,
    count: string,
    size: string,
    { intoBase, intoTuned }: { intoBase: Interval; intoTuned: Interval },
  ): Row => ({ source: "run", cells: [name, count, size, percentInterval(intoBase), percentInterval(intoTuned)] });
  const most = Math.max(...sets.map(({ chosen }) => chosen));
  return {
    caption: "What shared features carry of the difference",
    columns: [
      { label: "Features", text: true },
      { label: "Number" },
      { label: "Of all change" },
      { label: "Put into base" },
      { label: "Taken from tuned" },
    ],
    rows: [
      ...sets.map((one) => {
        const name = one.set === "chosen" ? setNames.chosen : `${setNames[one.set]}, for ${whole(one.chosen)} chosen`;
        return row(name, whole(one.features), percent(one.size), one);
      }),
      ...wholes.map((one) => row(wholeNames[one.of], one.of.startsWith("all") ? whole(features) : "", "", one)),
      ...doses.map((one) => row(`chosen, dose ${fixed(one.dose)}`, whole(most), "", one)),
    ],
    note: `Features of the dictionaries that both models share, in ${whole(layers.length)} layers, get the other model's activations on the same texts. Chosen by first-order attribution on ${whole(prompts.choosing)} prompts and measured on ${whole(prompts.measuring)} others, on which there are ${interval(contrast)} nats to explain. Random: mean of three draws. As large a change: others, as many as it takes for their changes to sum to as much. Of all change: share of the sum of |difference of the activation| × |direction| over all features. The error is what the dictionaries do not reconstruct.`,
  };
}
