/** One line per method over all pairs. */
import type { BenchmarkOutcome, BenchmarkPair, BenchmarkResults, MethodSummary } from "../../results/benchmark.js";
import { mean } from "../../stats/moments.js";
import { recallByChance } from "../scores.js";
import { FIRST } from "./score-pair.js";

/** A dose is found from this AUROC on: for 20 of 280 hypotheses more than three standard errors above chance. */
const DOSE_AUROC = 0.75;

const meanOrNull = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? mean(known) : null;
};

/** The smallest dose from which on a method finds all larger ones too, as a mean of AUROC over seeds. */
function smallestDose(own: readonly BenchmarkOutcome[], pairs: readonly BenchmarkPair[]): number | null {
  const ladder = pairs.filter(({ dose }) => dose);
  const whole = pairs.filter(({ organism }) => ladder.some(({ dose }) => dose!.of === organism));
  const doses = [...new Set([...ladder.map(({ dose }) => dose!.dose), ...(ladder.length > 0 ? [1] : [])])];
  let smallest: number | null = null;
  for (const dose of doses.sort((a, b) => b - a)) {
    const names = (dose === 1 ? whole : ladder.filter((pair) => pair.dose!.dose === dose)).map(({ name }) => name);
    const found = meanOrNull(own.filter(({ pair }) => names.includes(pair)).map((one) => one.auroc));
    if (found === null || found < DOSE_AUROC) break;
    smallest = dose;
  }
  return smallest;
}

/** All of benchmark.json. @param hypotheses their number */
export function summarise(
  hypotheses: number,
  methods: readonly { name: string; summary: string; unit: string }[],
  pairs: readonly BenchmarkPair[],
  outcomes: readonly BenchmarkOutcome[],
): BenchmarkResults {
  const nulls = pairs.filter(({ truths }) => truths === 0).map(({ name }) => name);
  const known = pairs.filter(({ truths }) => truths !== null && truths > 0);
  const summaries = methods.map(({ name, summary, unit }): MethodSummary => {
    const own = outcomes.filter(({ method }) => method === name);
    const scored = own.filter(({ auroc }) => auroc !== null);
    const ofNulls = own.filter(({ pair, said }) => nulls.includes(pair) && said > 0);
    return {
      ...{ method: name, summary, unit },
      pairs: scored.length,
      recallAt10: meanOrNull(scored.map((one) => one.recallAt10)),
      averagePrecision: meanOrNull(scored.map((one) => one.averagePrecision)),
      auroc: meanOrNull(scored.map((one) => one.auroc)),
      rightSign: meanOrNull(scored.map((one) => one.rightSign)),
      nullPairs: ofNulls.length,
      falseAt95: meanOrNull(ofNulls.map(({ beyond95, said }) => beyond95 / said)),
      falseAtAll: meanOrNull(ofNulls.map(({ beyondAll, said }) => beyondAll / said)),
      smallestDose: smallestDose(own, pairs),
      seconds: mean(own.map(({ seconds }) => seconds)),
    };
  });
  const scoredOf = ({ leftOut }: BenchmarkPair) => hypotheses - leftOut;
  return {
    hypotheses,
    chance: {
      recallAt10: meanOrNull(known.map((pair) => recallByChance(pair.truths!, scoredOf(pair), FIRST))),
      averagePrecision: meanOrNull(known.map((pair) => pair.truths! / scoredOf(pair))),
    },
    doseAuroc: DOSE_AUROC,
    pairs: [...pairs],
    methods: summaries,
    outcomes: [...outcomes],
  };
}
