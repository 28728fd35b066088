/** Implicit rewards of the lexicon's words, and their rank correlation with the lexicon. */
import type { Rng } from "../../rng.js";
import { type Interval, meanInterval, type Resampling } from "../../stats/interval.js";
import { compareRankAgreement, type KendallResult, rankAgreement } from "../../stats/rank-agreement.js";
import { shuffledWithinSigns } from "../../stats/shuffled-within-signs.js";
import { type Estimator, estimators } from "../probe/probe.js";
import type { RebuiltWord } from "../probe/rebuilt-lexicon.js";
import type { WordTokens } from "../words/word-tokens.js";
import type { TokenRewards } from "./token-rewards.js";

/** A lexicon word that is one lower-case token with its space. */
export interface ImplicitRewardWord {
  word: string;
  /** The lexicon's valence. */
  trueValue: number;
  /** Implicit reward: the centred log-ratio, in nats, see `readTokenRewards`. */
  value: number;
  /** Expected number of samples of the word by the base model in the contexts. */
  visits: number;
  /** Whether `visits` is at least 1; otherwise tuning has hardly sampled the word. */
  visited: boolean;
}

/**
 * Sets of words: `visited` are those that the base model would write; `likeliest` the fifth with
 * most visits.
 */
export type ImplicitRewardWordSet = "all" | "negative" | "positive" | "visited" | "likeliest";

/**
 * Controls, which keep less information. `signs`: the sign of the value only;
 * `shuffledWithinPolarity`: values shuffled among words of one sign in the lexicon, so that
 * positive and negative words are still separated; `baseMass`: the base model's probability, which
 * does not depend on tuning.
 */
export type ImplicitRewardControl = "signs" | "shuffledWithinPolarity" | "baseMass";

/** Agreement of the implicit rewards of words with their given values, with controls. */
export interface ImplicitRewardSummary {
  words: number;
  visited: number;
  /** Share of all words whose value has the lexicon's sign, and of those visited. */
  signAgreement: { all: Interval; visited: Interval };
  /**
   * `likeliest`: the fifth of the words with the most visits. Sets of fewer than two words are left
   * out.
   */
  kendall: { words: ImplicitRewardWordSet; result: KendallResult }[];
  /** Over all words and over those visited. */
  controls: { values: ImplicitRewardControl; words: "all" | "visited"; result: KendallResult }[];
}

/** Tau of the implicit reward and of the probe over the words that both value. */
export interface ImplicitRewardAgainstProbe {
  estimator: Estimator;
  words: "all" | "visited";
  implicitReward: KendallResult;
  probe: KendallResult;
  /** tau(implicit reward) - tau(probe), over the same resamples of the words. */
  difference: Interval;
}

/** Every lexicon word that is one lower-case token with its space, in alphabetical order. */
export function implicitRewardLexicon({ values, visits }: TokenRewards, words: WordTokens): ImplicitRewardWord[] {
  const found: ImplicitRewardWord[] = [];
  for (let id = 0; id < values.length; id++) {
    if (!words.isPlainWord(id) || Number.isNaN(values[id])) continue;
    const word = words.text(id).slice(1);
    const trueValue = words.lexicon.get(word);
    if (trueValue !== undefined)
      found.push({ word, trueValue, value: values[id], visits: visits[id], visited: visits[id] >= 1 });
  }
  return found.sort((a, b) => (a.word < b.word ? -1 : 1));
}

const isVisited = ({ visited }: ImplicitRewardWord) => visited;
const agreement = (words: readonly ImplicitRewardWord[], values: readonly number[], resampling: Resampling) =>
  rankAgreement(
    values,
    words.map(({ trueValue }) => trueValue),
    resampling,
  );

/**
 * Agreement of words' implicit rewards with their given values: over all words, the visited ones and
 * the most visited ones, with intervals and controls.
 * @param options rng: shuffles the controls' values; resampling: of the bootstrap over words
 */
export function summariseImplicitReward(
  words: readonly ImplicitRewardWord[],
  { rng, resampling }: { rng: Rng; resampling: Resampling },
): ImplicitRewardSummary {
  const visited = words.filter(isVisited);
  const byVisits = [...words].sort((a, b) => b.visits - a.visits);
  const sets: Record<ImplicitRewardWordSet, readonly ImplicitRewardWord[]> = {
    all: words,
    negative: words.filter(({ trueValue }) => trueValue < 0),
    positive: words.filter(({ trueValue }) => trueValue > 0),
    visited,
    likeliest: byVisits.slice(0, Math.ceil(words.length / 5)),
  };
  const signsAgree = (of: readonly ImplicitRewardWord[]) =>
    meanInterval(
      of.map(({ value, trueValue }) => (Math.sign(value) === Math.sign(trueValue) ? 1 : 0)),
      "word",
      resampling,
    );
  const controls: Record<ImplicitRewardControl, (of: readonly ImplicitRewardWord[]) => number[]> = {
    signs: (of) => of.map(({ value }) => Math.sign(value)),
    shuffledWithinPolarity: (of) =>
      shuffledWithinSigns(
        of.map(({ value }) => value),
        of.map(({ trueValue }) => Math.sign(trueValue)),
        rng,
      ),
    baseMass: (of) => of.map(({ visits }) => visits),
  };
  return {
    words: words.length,
    visited: visited.length,
    signAgreement: { all: signsAgree(words), visited: signsAgree(visited) },
    kendall: (Object.keys(sets) as ImplicitRewardWordSet[])
      .filter((set) => sets[set].length >= 2)
      .map((set) => {
        const values = sets[set].map(({ value }) => value);
        return { words: set, result: agreement(sets[set], values, resampling) };
      }),
    controls: (["all", "visited"] as const)
      .filter((set) => sets[set].length >= 2)
      .flatMap((set) =>
        (Object.keys(controls) as ImplicitRewardControl[]).map((values) => ({
          values,
          words: set,
          result: agreement(sets[set], controls[values](sets[set]), resampling),
        })),
      ),
  };
}

/**
 * Compares implicit rewards and the probe's values over the same words.
 * @param probe the result of `rebuildLexicon`
 * @returns nothing for a set of fewer than two shared words
 */
export function compareImplicitRewardWithProbe(
  words: readonly ImplicitRewardWord[],
  probe: readonly Pick<RebuiltWord, "word" | Estimator>[],
  resampling: Resampling,
): ImplicitRewardAgainstProbe[] {
  const rebuilt = new Map(probe.map((entry) => [entry.word, entry]));
  const shared = words.filter(({ word }) => rebuilt.has(word));
  const sets = { all: shared, visited: shared.filter(isVisited) };
  return (["all", "visited"] as const)
    .filter((set) => sets[set].length >= 2)
    .flatMap((set) => {
      const byProbe = (estimator: Estimator) => sets[set].map(({ word }) => rebuilt.get(word)![estimator]);
      const { first, others } = compareRankAgreement(
        sets[set].map(({ value }) => value),
        estimators.map(byProbe),
        sets[set].map(({ trueValue }) => trueValue),
        resampling,
      );
      return estimators.map((estimator, k) => ({
        estimator,
        words: set,
        implicitReward: first,
        probe: others[k].result,
        difference: others[k].difference,
      }));
    });
}
