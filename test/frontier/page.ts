/** docs/dictionaries.md. */
import { leadOf } from "./lead.js";
import type { Recipe } from "./recipes.js";
import type { SaeLensRecipe } from "./sae-lens.js";
import { fixed, groupsOf, largestOf, millions, plusMinus, type Summary } from "./summary.js";

const tableOf = (head: readonly (readonly [string, "left" | "right"])[], rows: readonly (readonly unknown[])[]) =>
  [
    `| ${head.map(([name]) => name).join(" | ")} |`,
    `| ${head.map(([, side]) => (side === "left" ? "---" : "---:")).join(" | ")} |`,
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");

const right = (names: readonly string[]) => names.map((name) => [name, "right"] as const);

/** The largest dictionaries of one number of visits. */
function mainTable(largest: readonly Summary[]): string {
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
    largest.map((row) => [
      row.recipe,
      row.seeds,
      plusMinus(row.l0, 1),
      plusMinus(row.explainedVariance, 3),
      plusMinus(row.lossRecovered, 3),
      plusMinus(row.detection, 3),
      fixed(row.control, 3),
      fixed(row.scored, 0),
      `${fixed(100 * row.dead, 1)}%`,
      fixed(row.cpuSeconds, 0),
    ]),
  );
}

/** Every size, with what its directions allow and how alike they are. */
function sizesTable(rows: readonly Summary[]): string {
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
    rows.map((row) => [
      millions(row.visits),
      row.recipe,
      row.features,
      fixed(row.l0.mean, 1),
      fixed(row.explainedVariance.mean, 3),
      fixed(row.pursued, 3),
      fixed(row.lossRecovered.mean, 3),
      fixed(row.detection.mean, 3),
      `${fixed(100 * row.dead, 1)}%`,
      Number.isFinite(row.smallInLarge) ? fixed(row.smallInLarge, 3) : "",
      fixed(row.betweenSeeds, 3),
      fixed(row.random, 3),
    ]),
  );
}

function describe({ name, words, ...how }: Recipe | SaeLensRecipe): string {
  const settings = "saeLens" in how ? [how.saeLens] : [how.kind, how.options];
  return `- \`${name}\`: ${words}; ${settings.map((one) => JSON.stringify(one)).join(", ")}`;
}

/** @param recipes those of the rows */
export function frontierPage(
  rows: readonly Summary[],
  { layer, recipes }: { layer: number; recipes: readonly (Recipe | SaeLensRecipe)[] },
): string {
  const largest = groupsOf(rows).map(largestOf);
  const tables = [...new Set(rows.map(({ visits }) => visits))].map(
    (budget) =>
      `## After ${millions(budget)} visits\n\n${mainTable(largest.filter(({ visits }) => visits === budget))}`,
  );
  return `# How good dictionaries are for their training

${leadOf(largest)}

Written by \`npm run frontier\`. Dictionaries of the MLP output of layer ${layer} of the embedded model, trained on 1,125 texts of the part
\`dictionaries\` (139,659 tokens, read as often as the visits ask for) and measured on the 375 held-out texts; means over seeds, ± one standard
deviation. Seeds differ in first weights, in the points that these are drawn from, and in the order of tokens. The tables of visits are of the
dictionaries with ${largest[0].features} features; [dictionaries.csv](dictionaries.csv) has every figure.

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
  pattern gets. Other places, which the stage \`explain\` adds to a pattern, are left out: a feature of many places is to score less than one of
  a single kind. Of another feature: the same by the explanation of another feature.
- CPU s: seconds of processor time for the dictionaries of all sizes together, refit included, on a machine that was shared with other work.

## All sizes

${sizesTable(rows)}

- Pursuit: explained variance of orthogonal matching pursuit with as many directions of the same decoder as L0 is, on 300 held-out tokens: what
  its directions allow with the best encoder.
- Small in large, between seeds, random: mean max cosine similarity of decoder directions, of the smallest dictionary in the next larger one,
  between dictionaries of the same size of two seeds, and between random directions.
`;
}
