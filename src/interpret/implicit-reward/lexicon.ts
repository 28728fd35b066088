/** The lexicon as two models say it directly: the value of each word, and how far their order is from the true one. */
import type { Rng } from "../../rng.js";
import { type Interval, meanInterval, type Resampling } from "../../stats/interval.js";
import { compareRankAgreement, type KendallResult, rankAgreement } from "../../stats/rank-agreement.js";
import { shuffledWithinSigns } from "../../stats/shuffled-within-signs.js";
import { type Estimator, estimators } from "../probe/probe.js";
import type { RebuiltWord } from "../probe/rebuilt-lexicon.js";
import type { WordTokens } from "../words/word-tokens.js";
import type { TokenValues } from "./token-rewards.js";

/** A lexicon word that is one plain token, read directly. */
export interface PlainWord {
  word: string;
  /** The lexicon's valence. */
  trueValue: number;
  /** Centred log-ratio in nats, see `readTokenValues`. */
  value: number;
  /** How often the base model would say the word in the contexts that were read. */
  visits: number;
  /** Whether that is at least once; otherwise sampling has hardly met the word. */
  visited: boolean;
}

export type PlainWordSet = "all" | "negative" | "positive" | "visited" | "likeliest";

/**
 * Orders that know less than the reading. `signs`: the sign of the value alone; `shuffledWithinPolarity`: values shuffled among
 * words of one sign in the lexicon, so that good is still told from bad; `baseMass`: the base model's probability, which
 * tuning has no part in.
 */
export type PlainControl = "signs" | "shuffledWithinPolarity" | "baseMass";

export interface PlainLexiconSummary {
  words: number;
  visited: number;
  /** Share of all words whose value has the lexicon's sign, and of those visited. */
  signAgreement: { all: Interval; visited: Interval };
  /** `likeliest`: the fifth of the words with the most visits. Sets of fewer than two words are left out. */
  kendall: { words: PlainWordSet; result: KendallResult }[];
  /** Over all words and over those visited. */
  controls: { values: PlainControl; words: "all" | "visited"; result: KendallResult }[];
}

/** Tau of reading and probe over the words that both have. */
export interface PlainAgainstProbe {
  estimator: Estimator;
  words: "all" | "visited";
  plain: KendallResult;
  probe: KendallResult;
  /** tau(plain) - tau(probe), words resampled together. */
  difference: Interval;
}

/** The reading of every lexicon word that is one lower-case token with its space, in alphabetical order. */
export function plainLexicon({ values, visits }: TokenValues, words: WordTokens): PlainWord[] {
  const found: PlainWord[] = [];
  for (let id = 0; id < values.length; id++) {
    if (!words.isPlainWord(id) || Number.isNaN(values[id])) continue;
    const word = words.text(id).slice(1);
    const trueValue = words.lexicon.get(word);
    if (trueValue !== undefined)
      found.push({ word, trueValue, value: values[id], visits: visits[id], visited: visits[id] >= 1 });
  }
  return found.sort((a, b) => (a.word < b.word ? -1 : 1));
}

const isVisited = ({ visited }: PlainWord) => visited;
const agreement = (words: readonly PlainWord[], values: readonly number[], resampling: Resampling) =>
  rankAgreement(
    values,
    words.map(({ trueValue }) => trueValue),
    resampling,
  );

/** @param rng shuffles the controls' values */
export function summarisePlainLexicon(
  words: readonly PlainWord[],
  { rng, resampling }: { rng: Rng; resampling: Resampling },
): PlainLexiconSummary {
  const visited = words.filter(isVisited);
  const byVisits = [...words].sort((a, b) => b.visits - a.visits);
  const sets: Record<PlainWordSet, readonly PlainWord[]> = {
    all: words,
    negative: words.filter(({ trueValue }) => trueValue < 0),
    positive: words.filter(({ trueValue }) => trueValue > 0),
    visited,
    likeliest: byVisits.slice(0, Math.ceil(words.length / 5)),
  };
  const signsAgree = (of: readonly PlainWord[]) =>
    meanInterval(
      of.map(({ value, trueValue }) => (Math.sign(value) === Math.sign(trueValue) ? 1 : 0)),
      "word",
      resampling,
    );
  const controls: Record<PlainControl, (of: readonly PlainWord[]) => number[]> = {
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
    kendall: (Object.keys(sets) as PlainWordSet[])
      .filter((set) => sets[set].length >= 2)
      .map((set) => {
        const values = sets[set].map(({ value }) => value);
        return { words: set, result: agreement(sets[set], values, resampling) };
      }),
    controls: (["all", "visited"] as const)
      .filter((set) => sets[set].length >= 2)
      .flatMap((set) =>
        (Object.keys(controls) as PlainControl[]).map((values) => ({
          values,
          words: set,
          result: agreement(sets[set], controls[values](sets[set]), resampling),
        })),
      ),
  };
}

/** Reading and probe over the same words; nothing where they share fewer than two. @param probe what `rebuildLexicon` gave */
export function comparePlainWithProbe(
  words: readonly PlainWord[],
  probe: readonly Pick<RebuiltWord, "word" | Estimator>[],
  resampling: Resampling,
): PlainAgainstProbe[] {
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
        plain: first,
        probe: others[k].result,
        difference: others[k].difference,
      }));
    });
}
