import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { ablationEffectFigure } from "../../src/report/figures/ablation.js";
import { deltaDistributionFigure } from "../../src/report/figures/delta-distributions.js";
import { colours } from "../../src/report/figures/figure.js";
import { implicitRewardScatterFigure } from "../../src/report/figures/implicit-reward-scatter.js";
import { lexiconScatterFigure } from "../../src/report/figures/lexicon-scatter.js";
import { tuningCurve, tuningCurves } from "../../src/report/figures/tuning-curves.js";
import { allFigures } from "../support/all-figures.js";
import { exampleRun } from "../support/example-run.js";

const run = exampleRun();

/** Numbers to three decimals, since the last digits differ between machines; one element a line, to be read in a diff. */
function normalised(svg: string): string {
  return `${svg.replace(/\d+\.\d{4,}/g, (number) => String(Math.round(Number(number) * 1000) / 1000)).replaceAll("><", ">\n<")}\n`;
}

test.each(Object.entries(allFigures(run)))("%s", async (name, figure) => {
  expect(figure!.svg).not.toMatch(/NaN|undefined|Infinity/);
  await expect(normalised(figure!.svg)).toMatchFileSnapshot(`${name}.svg`);
});

test("descriptions give the numbers", () => {
  const figures = allFigures(run);
  expect(figures["ablation-effect"]!.svg).toContain("labelled: -0.46 [-0.54, -0.38]; random: -0.08 [-0.12, -0.05]");
  expect(figures.frequency!.svg).toContain("tuned model, labelled: 18.2% [16.4%, 19.9%]");
  expect(figures["lexicon-scatter"]!.svg).toContain("Scatter plot of 481 words");
});

test("names of words do not cover each other", () => {
  const { document } = parseHTML(allFigures(run)["lexicon-scatter"]!.svg);
  const groups = [...document.querySelectorAll("g[data-mark=text]")];
  const boxes = groups.flatMap((group) =>
    [...group.querySelectorAll("text")].map((text) => {
      const [x, y] = text
        .getAttribute("transform")
        .match(/[\d.]+/g)
        .map(Number);
      const width = 6.5 * text.textContent.length;
      return { left: group.getAttribute("text-anchor") === "end" ? x - 6 - width : x + 6, width, y };
    }),
  );
  expect(boxes.length).toBeGreaterThan(12);
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(0, i)) {
      const apart = a.left + a.width < b.left || b.left + b.width < a.left || Math.abs(a.y - b.y) > 12;
      expect(apart, JSON.stringify([a, b])).toBe(true);
    }
  }
});

test("figures without data are left out", () => {
  expect(tuningCurve([], tuningCurves[0])).toBeUndefined();
  expect(tuningCurve([{ batch: 1 }], tuningCurves[0])).toBeUndefined();
  expect(lexiconScatterFigure([], "tuned")).toBeUndefined();
  expect(implicitRewardScatterFigure([])).toBeUndefined();
  expect(deltaDistributionFigure([], "base")).toBeUndefined();
  expect(
    ablationEffectFigure({
      ...run.results.ablate!,
      random: undefined,
      matchedFrequency: undefined,
      unlabelled: undefined,
    }),
  ).toBeUndefined();
});

test("a curve of one batch is drawn", () => {
  expect(tuningCurve([{ batch: 1, "objective/scores": 0.5 }], tuningCurves[0])!.svg).toContain("0.500 at batch 1");
});

test("colours are variables that the page sets for light and dark", () => {
  expect(Object.values(colours).every((colour) => /^var\(--[a-z]+, #[0-9a-f]{6}\)$/.test(colour))).toBe(true);
});
