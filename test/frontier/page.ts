/** docs/dictionaries.md. */

import { mean } from "../../src/stats/moments.js";
import { detectionOver, fixed, millions, over, plusMinus, secondsOver } from "./groups.js";
import { leadOf } from "./lead.js";
import type { MeasuredGroup } from "./measure.js";

const tableOf = (head: readonly (readonly [string, "left" | "right"])[], rows: readonly (readonly unknown[])[]) =>
  [
    `| ${head.map(([name]) => name).join(" | ")} |`,
    `| ${head.map(([, side]) => (side === "left" ? "---" : "---:")).join(" | ")} |`,
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");

const right = (names: readonly string[]) => names.map((name) => [name, "right"] as const);

/** The largest dictionaries of one number of visits. */
function mainTable(groups: readonly MeasuredGroup[]): string {
  const columns = [
    "seeds",
    "L0",
    "explained variance",
    "loss recovered",
    "detection",
    "of another feature",
    "scored",
    "dead",
    "CPU s",
  ];
  return tableOf(
    [["training", "left"], ...right(columns)],
    groups.map((group) => {
      const { name } = group.cells[0].measured.at(-1)!;
      return [
        group.recipe.name,
        group.cells.length,
        plusMinus(
          over(group, name, ({ l0 }) => l0),
          1,
        ),
        plusMinus(
          over(group, name, ({ explainedVariance }) => explainedVariance),
          3,
        ),
        plusMinus(
          over(group, name, ({ lossRecovered }) => lossRecovered),
          3,
        ),
        plusMinus(
          detectionOver(group, name, ({ balancedAccuracy }) => balancedAccuracy),
          3,
        ),
        fixed(detectionOver(group, name, ({ control }) => control).mean, 3),
        fixed(detectionOver(group, name, ({ scored }) => scored).mean, 0),
        `${fixed(100 * over(group, name, ({ dead }) => dead).mean, 1)}%`,
        fixed(secondsOver(group).mean, 0),
      ];
    }),
  );
}

/** Every size, with what its directions allow and how alike they are. */
function sizesTable(groups: readonly MeasuredGroup[]): string {
  const columns = [
    "features",
    "L0",
    "explained variance",
    "pursuit",
    "loss recovered",
    "detection",
    "dead",
    "small in large",
    "between seeds",
    "random",
  ];
  return tableOf(
    [["visits", "right"], ["training", "left"], ...right(columns)],
    groups.flatMap((group) =>
      group.cells[0].measured.map(({ name, dSae }) => [
        millions(group.visits),
        group.recipe.name,
        dSae,
        fixed(over(group, name, ({ l0 }) => l0).mean, 1),
        fixed(over(group, name, ({ explainedVariance }) => explainedVariance).mean, 3),
        fixed(over(group, name, ({ pursued }) => pursued).mean, 3),
        fixed(over(group, name, ({ lossRecovered }) => lossRecovered).mean, 3),
        fixed(detectionOver(group, name, ({ balancedAccuracy }) => balancedAccuracy).mean, 3),
        `${fixed(100 * over(group, name, ({ dead }) => dead).mean, 1)}%`,
        name === "small" ? fixed(mean(group.smallInLarge), 3) : "",
        group.betweenSeeds[name].length > 0 ? fixed(mean(group.betweenSeeds[name]), 3) : "-",
        fixed(group.random[name], 3),
      ]),
    ),
  );
}

function describe({ name, words, ...how }: MeasuredGroup["recipe"]): string {
  const settings = "saeLens" in how ? [how.saeLens] : [how.kind, how.options];
  return `- \`${name}\`: ${words}; ${settings.map((one) => JSON.stringify(one)).join(", ")}`;
}

export function frontierPage(groups: readonly MeasuredGroup[], { layer }: { layer: number }): string {
  const recipes = [...new Map(groups.map(({ recipe }) => [recipe.name, recipe])).values()];
  const visits = [...new Set(groups.map((group) => group.visits))];
  const largest = groups[0].cells[0].measured.at(-1)!.dSae;
  const tables = visits.map(
    (budget) =>
      `## After ${millions(budget)} visits\n\n${mainTable(groups.filter((group) => group.visits === budget))}`,
  );
  return `# How good dictionaries are for their training

${leadOf(groups)}

Written by \`npm run frontier\`. Dictionaries of the MLP output of layer ${layer} of the embedded model, trained on 1,125 texts of the part
\`dictionaries\` (139,659 tokens, read as often as the visits ask for) and measured on the 375 held-out texts; means over seeds, ± one standard
deviation. Seeds differ in first weights, in the points that these are drawn from, and in the order of tokens. The tables of visits are of the
dictionaries with ${largest} features.

${recipes.map(describe).join("\n")}

![Explained variance over active features](dictionaries.svg)

![Explained variance of the largest dictionaries, those with few active features, over processor seconds](dictionaries-seconds.svg)

${tables.join("\n\n")}

- Explained variance: 1 - squared error / squared distance from the mean vector.
- Loss recovered: (zeroed - spliced) / (zeroed - original) of the next-token loss, on 32 held-out texts. Dead: features that are active on none
  of the held-out tokens.
- Detection: a random sample of 120 features of each dictionary is explained by the pattern of the tokens that activate them, on every second
  held-out text; the number is the balanced accuracy with which the pattern says of excerpts of the other texts whether the feature is active
  there, mean over the features with at least 10 active and 10 inactive excerpts (scored); 0.5 is chance, and what a feature without a
  pattern gets. Of another feature: the same by the explanation of another feature.
- CPU s: seconds of processor time for the dictionaries of all sizes together, refit included, on a machine that was shared with other work.

## All sizes

${sizesTable(groups)}

- Pursuit: explained variance of orthogonal matching pursuit with as many directions of the same decoder as L0 is, on 300 held-out tokens: what
  its directions allow with the best encoder.
- Small in large, between seeds, random: mean max cosine similarity of decoder directions, of the smallest dictionary in the next larger one,
  between dictionaries of the same size of two seeds, and between random directions.
`;
}
