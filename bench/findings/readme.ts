/** The table of README.md: the example run beside the five seeds, and a control for each row. */
import { implicitControl, implicitTau, tau } from "../../src/pipeline/sweep/headline-metrics.js";
import type { Results } from "../../src/results/results.js";
import { mean } from "../../src/stats/moments.js";
import { embedding, hundred, type Of } from "./measured.js";
import { bare, measuredText, type Notation, numberText, spreadText } from "./numbers.js";

const two: Notation = { digits: 2 };
const three: Notation = { digits: 3 };
const share: Notation = { digits: 0, percent: true };

/**
 * The rows of the table.
 * @param example results of seed 42
 * @param seeds results of seeds 1 to 5
 */
export function readmeRows(example: Results, seeds: readonly Results[]): string[] {
  const one = (of: Of, notation: Notation) => measuredText(of(example), notation);
  const all = (of: Of, notation: Notation) => spreadText(seeds.map(of), notation);
  const value = (of: Of, notation: Notation) => numberText(bare(of(example)), notation);
  const middle = (of: Of, notation: Notation) => numberText(mean(seeds.map(of).map(bare)), notation);
  const both = (of: Of, notation: Notation) => `${one(of, notation)}; seeds ${all(of, notation)}`;
  const { tune, implicitReward, ablate, probe } = example;
  const words = implicitReward?.lexicon.visited;
  const rebuilt = probe?.models.find(({ model }) => model === "tuned")?.words;
  const labelled = ablate?.related.flatMap(({ features }) => features).length;
  const perToken: Of = (results) => results.tune?.klPerToken;
  const cells = [
    [
      `tau of the implicit reward, ${words} words that the base model is expected to write`,
      one(implicitTau("visited"), three),
      all(implicitTau("visited"), three),
      `the base model's probabilities ${one(implicitControl("baseMass"), three)}`,
    ],
    [
      "share of what tuning changed: embedding, put into the base model",
      one(embedding("intoBase"), share),
      all(embedding("intoBase"), share),
      `taken from the tuned model ${both(embedding("intoTuned"), share)}`,
    ],
    [
      "... the first 100 features of five shared dictionaries",
      one(hundred("chosen", "intoBase"), share),
      all(hundred("chosen", "intoBase"), share),
      `equally large changes of others ${both(hundred("control", "intoBase"), share)}`,
    ],
    [
      `mean reward of ${tune?.reward.difference.n} completions, tuned less base model`,
      one((results) => results.tune?.reward.difference, two),
      all((results) => results.tune?.reward.difference, two),
      `base model ${value((results) => results.tune?.reward.base, two)}; ` +
        `distinct-2 ${value((results) => results.tune?.distinct2.tuned, two)} (base ${value((results) => results.tune?.distinct2.base, two)}), ` +
        `seeds ${middle((results) => results.tune?.distinct2.tuned, two)}; ` +
        `KL ${value(perToken, two)} nats per token, seeds ${middle(perToken, two)}`,
    ],
    [
      `tau of the lexicon that the paper's R rebuilds, ${rebuilt} words`,
      `${one(tau("tuned", "leastSquares", "all"), three)}; ridge ${one(tau("tuned", "ridge", "all"), three)}`,
      `${all(tau("tuned", "leastSquares", "all"), three)}; ridge ${all(tau("tuned", "ridge", "all"), three)}`,
      `base model ${value(tau("base", "leastSquares", "all"), three)} and ${value(tau("base", "ridge", "all"), three)}; ` +
        `seeds ${middle(tau("base", "leastSquares", "all"), three)} and ${middle(tau("base", "ridge", "all"), three)}`,
    ],
    [
      `change of the mean reward by ablating the ${labelled} labelled features`,
      one((results) => results.ablate?.effect, two),
      all((results) => results.ablate?.effect, two),
      `random features ${both((results) => results.ablate?.random?.meanEffect, two)}`,
    ],
  ];
  return cells.map((row) => `| ${row.join(" | ")} |`);
}
