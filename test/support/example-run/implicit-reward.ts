/** Invented implicit rewards with plausible numbers. No number of them was measured. */
import type { ImplicitRewardWord, Interval, LexiconRow, Results } from "../../../src/results/results.js";
import { Rng } from "../../../src/rng.js";

type ImplicitReward = NonNullable<Results["implicitReward"]>;

/** Every word of the lexicon fixture; the first three fifths are visited. */
export function implicitRewardWords(lexicon: readonly LexiconRow[]): ImplicitRewardWord[] {
  const rng = Rng.fromSeed(8, "plain fixture");
  return lexicon.map(({ word, trueValue }, i) => ({
    word,
    trueValue,
    value: 0.4 * trueValue + 0.6 * rng.normal(),
    visits: i % 5 < 3 ? 1 + 40 * rng.uniform() : rng.uniform(),
    visited: i % 5 < 3,
  }));
}

export function implicitRewardResults(
  words: readonly ImplicitRewardWord[],
  around: (value: number, half: number, n: number, unit: Interval["unit"]) => Interval,
): ImplicitReward {
  const visited = words.filter(({ visited }) => visited).length;
  const kendall = (tau: number, n: number) => ({
    tau: around(tau, 0.05, n, "word"),
    pValue: 1e-9,
    distance: (1 - tau) / 2,
  });
  const prompts = (value: number, half = 0.03) => around(value, half, 1000, "prompt");
  const sources = ["base", "tuned", "withinPrompt"] as const;
  const contrast = (word: string, base: number, tuned: number, z: number) => ({ word, base, tuned, logOdds: z / 4, z });
  return {
    positions: 15_000,
    klFromBase: 0.302,
    lexicon: {
      words: words.length,
      visited,
      signAgreement: { all: around(0.581, 0.04, words.length, "word"), visited: around(0.734, 0.06, visited, "word") },
      kendall: [
        { words: "all", result: kendall(0.301, words.length) },
        { words: "negative", result: kendall(0.031, 250) },
        { words: "positive", result: kendall(0.183, 240) },
        { words: "visited", result: kendall(0.394, visited) },
        { words: "likeliest", result: kendall(0.364, Math.ceil(words.length / 5)) },
      ],
      controls: [
        { values: "signs", words: "all", result: kendall(0.172, words.length) },
        { values: "shuffledWithinPolarity", words: "all", result: kendall(0.136, words.length) },
        { values: "baseMass", words: "visited", result: kendall(0.104, visited) },
      ],
    },
    againstProbe: [
      {
        estimator: "leastSquares",
        words: "all",
        implicitReward: kendall(0.301, 481),
        probe: kendall(0.214, 481),
        difference: around(0.087, 0.041, 481, "word"),
      },
      {
        estimator: "ridge",
        words: "all",
        implicitReward: kendall(0.301, 481),
        probe: kendall(0.282, 481),
        difference: around(0.019, 0.041, 481, "word"),
      },
    ],
    texts: sources.flatMap((source, i) =>
      (["completion", "promptAndCompletion"] as const).map((rewarded) => ({
        source,
        rewarded,
        pearson: prompts(0.1 + 0.25 * i),
        kendall: prompts(0.07 + 0.2 * i),
        epicDistance: prompts(0.67 - 0.1 * i),
        shuffled: prompts(0.004),
        baseLogProb: prompts(-0.041),
      })),
    ),
    attribution: sources.map((source, i) => ({
      source,
      r2: prompts(0.2 + 0.2 * i),
      unexplained: prompts(0.8 - 0.2 * i),
      features: (["reward", "length", "ended", "punctuation", "repetition", "frequentWords"] as const).map(
        (feature, k) => ({ feature, coefficient: 0.47 - 0.1 * k, dropOne: prompts(0.147 / (k + 1), 0.01) }),
      ),
      shuffledReward: prompts(0.001, 0.001),
    })),
    overRepresented: {
      words: { base: 28_512, tuned: 27_904, different: 5_120 },
      moreInTuned: [contrast("great", 12, 263, 11.2), contrast("<good> & 'fine'", 40, 221, 9.4)],
      moreInBase: [contrast("of", 905, 512, -6.1)],
      beyond196: 61,
      shuffled: { beyond196: 14, largest: 2.6 },
    },
  };
}
