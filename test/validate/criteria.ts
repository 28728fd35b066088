/**
 * The criteria of each part, set before the first full run. Requirements hold by construction if the
 * program is right; a violated one fails the command. Questions are about the method; either answer is a
 * finding.
 */
import type { NullRuns } from "./null-runs.js";
import type { PlantedDictionary } from "./planted-dictionary.js";
import type { PlantedReward, WordRanking } from "./planted-reward.js";

export interface Verdict {
  part: string;
  /** A requirement or question in words, with its threshold. */
  claim: string;
  holds: boolean;
  kind: "requirement" | "question";
}

const SIGNIFICANT = 0.05;

export function dictionaryVerdicts({ learned, random }: PlantedDictionary): Verdict[] {
  const part = "planted dictionary";
  return [
    {
      ...{ part, kind: "requirement" },
      claim: "large dictionaries have a cosine above 0.9 with at least 90% of the true features",
      holds: learned.every(({ large }) => large.recovered >= 0.9),
    },
    {
      ...{ part, kind: "requirement" },
      claim: "random dictionaries have no cosine above 0.9 with any of them",
      holds: random.small.recovered === 0 && random.large.recovered === 0,
    },
    {
      ...{ part, kind: "requirement" },
      claim: "the share of true features among the best matched ones is at least that among all",
      holds: learned.every(({ trueAmongTop, trueAmongAll }) => trueAmongTop >= trueAmongAll),
    },
  ];
}

export function nullVerdicts({ exceeded, constantReward, rows }: NullRuns): Verdict[] {
  const part = "null runs";
  return [
    {
      ...{ part, kind: "requirement" },
      claim: `no interval excludes 0 more often than 5% allows (probability below 5% / ${rows.length} intervals)`,
      holds: exceeded.length === 0,
    },
    {
      ...{ part, kind: "requirement" },
      claim: "with a constant reward of 0 every reward is 0",
      holds: constantReward === 0,
    },
  ];
}

function ranking({ planted }: PlantedReward, estimator: WordRanking["estimator"]): WordRanking {
  return planted.rankings.find((one) => one.estimator === estimator && one.model === "tuned")!;
}

export function plantedVerdicts(found: PlantedReward): Verdict[] {
  const part = "planted reward";
  const { tune, ablate } = found.results;
  const ask = (claim: string, holds: boolean): Verdict => ({ part, kind: "question", claim, holds });
  const tuned = found.features.find(({ model }) => model === "tuned")!;
  const base = found.features.find(({ model }) => model === "base")!;
  const decoyLabels = found.decoyLabels.find(({ model }) => model === "tuned")!;
  const least = found.planted.sizes.find(({ estimator, model }) => estimator === "leastSquares" && model === "tuned")!;
  const gain = (estimator: WordRanking["estimator"]) =>
    found.planted.differences.find((one) => one.estimator === estimator)!.difference;
  return [
    {
      ...{ part, kind: "requirement" },
      claim: "tuning raises the planted reward (interval above 0)",
      holds: tune!.reward.difference.low > 0,
    },
    ...(["leastSquares", "ridge"] as const).flatMap((estimator) => {
      const name = estimator === "ridge" ? "ridge" : "least squares";
      return [
        ask(
          `R of the tuned model puts positive planted words above negative ones (${name}, out of fold, p < ${SIGNIFICANT})`,
          ranking(found, estimator).pValue < SIGNIFICANT,
        ),
        ask(`and does so better than R of the base model (${name}, interval above 0)`, gain(estimator).low > 0),
      ];
    }),
    ask(
      `the implicit reward puts positive planted words above negative ones (p < ${SIGNIFICANT})`,
      found.planted.implicitReward.pValue < SIGNIFICANT,
    ),
    ask(
      "and does not order decoys, which are not rewarded (p above the same)",
      found.decoys.implicitReward.pValue >= SIGNIFICANT,
    ),
    ask(
      `rows of the vocabulary of planted words carry more of what tuning changed than those of decoys (p < ${SIGNIFICANT})`,
      found.carried.pValue < SIGNIFICANT,
    ),
    ask(
      "words without reward are nearer to 0: their median absolute value is at most half that of planted words",
      least.medianUnpaid <= least.medianPlanted / 2,
    ),
    ask(
      "at least half of the labelled features are active on planted words (precision)",
      tuned.both >= tuned.labelled / 2 && tuned.labelled > 0,
    ),
    ask(
      "at least half of the features active on planted words are labelled (recall)",
      tuned.both >= tuned.selective / 2,
    ),
    ask("more features are labelled in the tuned model than in the base model", tuned.labelled > base.labelled),
    ask("more features are labelled for planted words than for decoys", tuned.labelled > decoyLabels.labelled),
    ask("ablating the labelled features lowers the reward (interval below 0)", ablate!.effect.high < 0),
    ask("more than ablating the same number of random features", (ablate!.random?.difference.high ?? 0) < 0),
    ask(
      "more than ablating the same number of features of the same frequency",
      (ablate!.matchedFrequency?.difference.high ?? 0) < 0,
    ),
  ];
}
