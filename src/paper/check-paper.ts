/** Recomputes numbers and statements of the paper from its printed numbers. */

import { fisherExactP } from "../stats/fisher-exact.js";
import { kendallTau } from "../stats/kendall-tau.js";
import { normalTwoSidedP } from "../stats/normal.js";
import { tokenStringTau } from "../stats/token-string-tau.js";
import {
  appendixF,
  type PaperModel,
  paperModels,
  table2,
  table3,
  table4,
  table5,
  table6,
  table7,
  table10,
  table11,
  table12,
  table13,
} from "./published.js";
import { table8, table9 } from "./published-descriptions.js";

/**
 * `agrees` and `differs` compare with a printed number; `new` follows from printed numbers but is
 * not printed.
 */
export type Verdict = "agrees" | "differs" | "new";

export interface PaperCheck {
  /** E.g. `Table 4, Pythia-70m`. */
  item: string;
  /** The paper's number or statement. */
  printed: string;
  /** The result from its printed numbers. */
  recomputed: string;
  verdict: Verdict;
}

/**
 * Checks the paper against itself, using only its printed tables and the lexicon.
 * @param lexicon value of every word (vaderSentiment 3.3.2)
 */
export function checkPaper(lexicon: ReadonlyMap<string, number>): PaperCheck[] {
  return [
    descriptionsOfTable2(),
    ...trueValues(lexicon),
    ...tausOfTable10(),
    ...Object.entries({ "Table 4": table4, "Table 11": table11 }).flatMap(([name, table]) =>
      paperModels.map((model) => wordsBehind(name, model, table[model])),
    ),
    ...paperModels.map(rewardBeforeAblation),
    ...paperModels.map(frequencyRatio),
    movieOpinions(),
    sameSettingTwice(),
  ];
}

/** A number with a fixed number of digits. */
const figure = (value: number, digits = 3): string => value.toFixed(digits).replace("-", "−");
const p = (value: number): string => (value < 0.001 ? value.toExponential(1).replace("-", "−") : value.toFixed(2));

function descriptionsOfTable2(): PaperCheck {
  const ofLayer3 = new Set(table8.map(({ layer, feature }) => `${layer}.${feature}`));
  const others = new Set(table9.map(({ layer, feature }) => `${layer}.${feature}`));
  const found = table2.filter(({ layer, feature }) => ofLayer3.has(`${layer}.${feature}`)).length;
  const inTable9 = table2.filter(({ layer, feature }) => others.has(`${layer}.${feature}`)).length;
  return {
    item: "Table 2",
    printed: "five rows sampled from Table 8",
    recomputed: `${found} rows of Table 8, ${inTable9} of Table 9`,
    verdict: found === table2.length ? "agrees" : "differs",
  };
}

function trueValues(lexicon: ReadonlyMap<string, number>): PaperCheck[] {
  return Object.entries({ "Table 3": table3, "Table 10": table10 }).map(([name, words]) => {
    const same = words.filter(({ word, trueValue }) => lexicon.get(word) === trueValue).length;
    return {
      item: `${name}, true values`,
      printed: "values of the VADER lexicon",
      recomputed: `${same} of ${words.length} are those of vaderSentiment 3.3.2`,
      verdict: same === words.length ? "agrees" : "differs",
    };
  });
}

/** The statistic of Table 4, computed from the two columns of Table 10. */
function tausOfTable10(): PaperCheck[] {
  const tau = (words: typeof table10) =>
    kendallTau(
      words.map(({ rebuilt }) => rebuilt),
      words.map(({ trueValue }) => trueValue),
    );
  const sets = {
    "all words": table10,
    "negative words": table10.filter(({ trueValue }) => trueValue < 0),
    "positive words": table10.filter(({ trueValue }) => trueValue > 0),
  };
  const signs = table10.filter(({ rebuilt, trueValue }) => Math.sign(rebuilt) === Math.sign(trueValue)).length;
  const asStrings = tokenStringTau(table10.map(({ word, rebuilt: value, trueValue }) => ({ word, value, trueValue })));
  const { tau: of4, pValue } = table4["GPT-Neo-125m"];
  return [
    ...Object.entries(sets).map(([name, words]): PaperCheck => {
      const { tau: value, pValue: chance } = tau(words);
      return {
        item: `Table 10, tau of the two columns, ${name}`,
        printed: "no number",
        recomputed: `${figure(value)} (p = ${p(chance)}, n = ${words.length})`,
        verdict: "new",
      };
    }),
    {
      item: "Table 10 against Table 4, GPT-Neo-125m",
      printed: `tau ${of4} (p = ${pValue}) over a larger sample`,
      recomputed:
        `another sample, so another statistic: the thirty words give ${figure(tau(table10).tau)}; lists of token strings, as the published notebook ` +
        `passes them to the test, give ${figure(asStrings.tau)} (p = ${p(asStrings.pValue)})`,
      verdict: "new",
    },
    {
      item: "Table 10, signs",
      printed: "strong consistency in the sign (section 5.1)",
      recomputed: `${signs} of ${table10.length} signs agree`,
      verdict: "agrees",
    },
  ];
}

/**
 * The number of words behind a printed tau and p-value: without ties the variance of tau is
 * 2 (2n + 5) / (9 n (n - 1)); rounding of both numbers gives a range.
 */
function wordsBehind(table: string, model: PaperModel, { tau, pValue }: { tau: number; pValue: number }): PaperCheck {
  const [least, most] = [
    wordCount(tau + halfUnit(tau), pValue + halfUnit(pValue)),
    wordCount(tau - halfUnit(tau), pValue - halfUnit(pValue)),
  ];
  return {
    item: `${table}, ${model}: size of the sample`,
    printed: `tau ${tau}, p = ${pValue}, no n`,
    recomputed: `between ${least} and ${most} words, if the p-value belongs to the tau`,
    verdict: "new",
  };
}

/** Half a unit of the last printed digit. */
function halfUnit(printed: number): number {
  const decimals = String(printed).split(".")[1]?.length ?? 0;
  return 0.5 * 10 ** -decimals;
}

/** The n at which tau has this two-sided p-value, by bisection, since the p-value falls with n. */
function wordCount(tau: number, pValue: number): number {
  const chance = (n: number) => normalTwoSidedP(tau / Math.sqrt((2 * (2 * n + 5)) / (9 * n * (n - 1))));
  let [low, high] = [2, 1e6];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (chance(middle) > pValue) low = middle;
    else high = middle;
  }
  return high;
}

function rewardBeforeAblation(model: PaperModel): PaperCheck {
  const { before, after } = table5[model];
  const { base, tuned } = table7[model];
  const lost = (before - after) / (before - base);
  return {
    item: `Table 5, ${model}`,
    printed: `${before} before ablation, ${after} after, no interval`,
    recomputed: `before = the tuned model's ${tuned} of Table 7; ablation takes ${Math.round(100 * lost)}% of what tuning gained`,
    verdict: before === tuned ? "agrees" : "differs",
  };
}

function frequencyRatio(model: PaperModel): PaperCheck {
  const { ablated, average } = table6[model];
  return {
    item: `Table 6, ${model}`,
    printed: `${figure(100 * ablated, 1)}% against ${figure(100 * average, 1)}%`,
    recomputed: `${figure(ablated / average, 1)} times, without a control for how often those features fire anywhere`,
    verdict: "new",
  };
}

function movieOpinions(): PaperCheck {
  const { features, movieOpinion } = appendixF;
  const { tuned, base } = movieOpinion;
  const chance = fisherExactP([
    [tuned, features - tuned],
    [base, features - base],
  ]);
  return {
    item: "Appendix F, descriptions about opinions on films",
    printed: `${tuned} of ${features} in the tuned model, ${base} of ${features} in the base model`,
    recomputed: `Fisher's exact test: p = ${p(chance)}; ${table8.length + table9.length} descriptions are printed, all of the tuned model`,
    verdict: "new",
  };
}

function sameSettingTwice(): PaperCheck {
  const tied = table12.find(({ model, setting }) => model === "Pythia-70m" && setting === "tied weights")!;
  const highest = table13.find(({ model, setting }) => model === "Pythia-70m" && setting === "highest divergence")!;
  return {
    item: "Tables 12 and 13, Pythia-70m, tied weights in the layers that diverge most",
    printed: `${figure(tied.sparsity)} and ${figure(tied.reconstruction)} in Table 12`,
    recomputed: `${figure(highest.sparsity)} and ${figure(highest.reconstruction)} in Table 13 for the same setting`,
    verdict:
      tied.sparsity === highest.sparsity && tied.reconstruction === highest.reconstruction ? "agrees" : "differs",
  };
}
