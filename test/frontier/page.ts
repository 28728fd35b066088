/** docs/dictionaries.md and its figure. */
import * as Plot from "@observablehq/plot";
import { draw } from "../../src/report/figures/figure.js";
import { mean } from "../../src/stats/moments.js";
import type { MeasuredDictionary, MeasuredGroup } from "./measure.js";

const fixed = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : "-");
const millions = (visits: number) => `${visits / 1e6} M`;

/** Mean over seeds of one measure of one dictionary. */
function over({ cells }: MeasuredGroup, name: string, of: (one: MeasuredDictionary) => number): number {
  return mean(cells.flatMap(({ measured }) => measured.filter((one) => one.name === name).map(of)));
}

/** Explained variance by L0, every seed a dot; colours by recipe, sizes of dots by visits. */
export function frontierFigure(groups: readonly MeasuredGroup[]): string {
  const dots = groups.flatMap(({ recipe, visits, cells }) =>
    cells.flatMap(({ measured }) =>
      measured.map(({ name, l0, explainedVariance }) => ({ recipe: recipe.name, visits, name, l0, explainedVariance })),
    ),
  );
  const alt = `Scatter plot of explained variance over active features per token. ${groups
    .map(
      (group) =>
        `${group.recipe.name} after ${millions(group.visits)} visits, 1024 features: ${fixed(
          over(group, "wide", (one) => one.explainedVariance),
          2,
        )} with ${fixed(
          over(group, "wide", (one) => one.l0),
          0,
        )}`,
    )
    .join("; ")}.`;
  return draw(alt, {
    ...{ width: 640, height: 380, marginLeft: 50, marginBottom: 42, marginRight: 20 },
    x: { label: "active features per token (L0, log scale) →", type: "log", labelAnchor: "right" },
    y: { label: "↑ explained variance", grid: true },
    color: { legend: false, domain: [...new Set(dots.map(({ recipe }) => recipe))], scheme: "Dark2" },
    symbol: { domain: ["small", "large", "wide"] },
    r: { range: [2, 8] },
    marks: [
      Plot.dot(dots, {
        ...{ x: "l0", y: "explainedVariance", stroke: "recipe", symbol: "name", strokeWidth: 1.5 },
        r: ({ visits }: { visits: number }) => Math.log10(visits) - 4,
      }),
      Plot.text(groups, {
        x: (group: MeasuredGroup) => over(group, "wide", (one) => one.l0),
        y: (group: MeasuredGroup) => over(group, "wide", (one) => one.explainedVariance),
        text: ({ recipe, visits }: MeasuredGroup) => `${recipe.name}, ${millions(visits)}`,
        ...{ dy: -12, fontSize: 10 },
      }),
    ],
  });
}

export function frontierPage(groups: readonly MeasuredGroup[], { layer }: { layer: number }): string {
  const rows = groups.flatMap((group) =>
    group.cells[0].measured.map(({ name, dSae }) => {
      const pairs = group.betweenSeeds[name];
      return `| ${[
        millions(group.visits),
        group.recipe.name,
        dSae,
        group.cells.length,
        fixed(
          over(group, name, (one) => one.l0),
          1,
        ),
        fixed(
          over(group, name, (one) => one.explainedVariance),
          3,
        ),
        fixed(
          over(group, name, (one) => one.pursued),
          3,
        ),
        fixed(
          over(group, name, (one) => one.lossRecovered),
          3,
        ),
        `${fixed(100 * over(group, name, (one) => one.dead), 1)}%`,
        name === "small" ? fixed(mean(group.smallInLarge), 3) : "",
        pairs.length > 0 ? fixed(mean(pairs), 3) : "-",
        fixed(group.random[name], 3),
        name === "small" ? fixed(mean(group.cells.map(({ cpuSeconds }) => cpuSeconds)), 0) : "",
      ].join(" | ")} |`;
    }),
  );
  const recipes = [...new Map(groups.map(({ recipe }) => [recipe.name, recipe])).values()];
  return `# How good dictionaries are for their training

Written by \`npm run frontier\`. Dictionaries of the MLP output of layer ${layer} of the embedded model, trained on 1,125 texts of the part
\`dictionaries\` (139,659 tokens, read as often as the visits ask for) and measured on the 375 held-out texts; means over seeds. Seeds differ in first
weights, in the points that these are drawn from, and in the order of tokens.

${recipes.map(({ name, words, kind, options }) => `- \`${name}\`: ${words}; ${JSON.stringify(kind)}, ${JSON.stringify(options)}`).join("\n")}

![Explained variance over active features](dictionaries.svg)

| visits | training | features | seeds | L0 | explained variance | pursuit | loss recovered | dead | small in large | between seeds | random | CPU s |
| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join("\n")}

- Explained variance: 1 - squared error / squared distance from the mean vector. Pursuit: the same for orthogonal matching pursuit with
  as many directions of the same decoder as L0 is, on 300 held-out tokens: what its directions allow with the best encoder.
- Loss recovered: (zeroed - spliced) / (zeroed - original) of the next-token loss, on 32 held-out texts. Dead: features that are active on none
  of the held-out tokens.
- Small in large, between seeds, random: mean max cosine similarity of decoder directions, of the dictionary with 256 features in that with 512,
  between dictionaries of the same size of two seeds, and between random directions.
- CPU s: seconds of processor time for all three dictionaries together, refit included, on a machine that was shared with other work.
`;
}
