import { expect, test } from "vitest";
import { standardDeviation } from "../../stats/moments.js";
import { hypotheses } from "../hypotheses/hypotheses.js";
import { truthOf } from "../organisms/organism.js";
import { organisms } from "../organisms/organisms.js";
import type { Evidence } from "../pair/evidence.js";
import { familyBound, scorePair } from "../run/score-pair.js";
import { random } from "./random.js";

const SEEDS = 200;

async function outcomes(name: string) {
  const truth = truthOf(organisms.find((organism) => organism.name === name)!);
  const bound = familyBound(hypotheses.length);
  return Promise.all(
    Array.from({ length: SEEDS }, async (_, seed) => {
      const scores = await random.rank({ config: { seed }, name } as Evidence, hypotheses);
      const ranking = { seconds: 0, scores: scores.map((score, i) => ({ hypothesis: hypotheses[i].name, score })) };
      return scorePair({ pair: name, method: "random" }, ranking, { truth, leftOut: [] }, bound);
    }),
  );
}

const mean = (values: readonly (number | null)[]) => values.reduce<number>((sum, one) => sum + one!, 0) / values.length;

test("over many seeds chance has an AUROC of 0.5, the recall of an order by lot, and 5% of false positives", async () => {
  const found = await outcomes("nouns");
  expect(mean(found.map((one) => one.auroc))).toBeGreaterThan(0.45);
  expect(mean(found.map((one) => one.auroc))).toBeLessThan(0.55);
  // 20 of 285: 0.070, with a standard error of 0.08 / sqrt(200).
  expect(Math.abs(mean(found.map((one) => one.recallAt10)) - 20 / hypotheses.length)).toBeLessThan(0.02);
  expect(Math.abs(mean(found.map((one) => one.beyond95 / one.said)) - 0.05)).toBeLessThan(0.005);
});

test("a single truth is found as often as ten places in all allow, and seeds differ", async () => {
  const found = await outcomes("trigger");
  expect(Math.abs(mean(found.map((one) => one.recallAt10)) - 10 / hypotheses.length)).toBeLessThan(0.04);
  // The place of one truth is uniform: its AUROC has the standard deviation 1 / sqrt(12).
  expect(standardDeviation(found.map((one) => one.auroc!))).toBeCloseTo(Math.sqrt(1 / 12), 1);
});
