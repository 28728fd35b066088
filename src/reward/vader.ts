/** The paper's reward: the summed VADER sentiment of a text's words (Equation 3). */
import { z } from "zod";
import { ConfigError, type ConfigIssue } from "../errors.js";
import { loadLexicon, namedLexicon, tokenizeWords } from "../text/index.js";
import type { CommonRewardSettings, RewardKind } from "./kind.js";
import type { Reward } from "./reward.js";

/** Which values words have, and how a text is scored. */
export interface VaderRewardOptions {
  /** Word in lower case -> valence. Default: the VADER lexicon, read when the reward is made. */
  lexicon?: ReadonlyMap<string, number>;
  /** Factor on the sum of valences. Default 1/5. */
  scale?: number;
  /** Largest absolute reward; `Infinity` leaves the reward unbounded. Default 10. */
  clip?: number;
}

/**
 * Reward(s) = clip(scale * sum of V(word) over the words of s, -clip, +clip).
 * Only words whose lower-case form is in the lexicon count. Negation, intensifiers and phrases of
 * several words do not; VADER's compound score has them, the paper's reward does not.
 * @throws ConfigError when scale is not finite or clip is not positive
 * @see Equation 3 of the paper, section 4.1
 */
export function vaderReward(options: VaderRewardOptions = {}): Reward {
  const { lexicon = loadLexicon(), scale = 1 / 5, clip = 10 } = options;
  const issues: ConfigIssue[] = [];
  if (!Number.isFinite(scale)) issues.push({ path: "scale", expected: "a finite number", received: String(scale) });
  if (!(clip > 0)) issues.push({ path: "clip", expected: "a positive number", received: String(clip) });
  if (issues.length > 0) throw new ConfigError("vaderReward", issues);

  return (texts) =>
    texts.map((text) => {
      const sum = scoreWords(text, lexicon).reduce((total, { valence }) => total + valence, 0);
      return Math.min(Math.max(scale * sum, -clip), clip);
    });
}

/** A word of a text and its term in the sum of Equation 3, before scaling. */
export interface WordScore {
  word: string;
  /** In the lexicon's units, -4 to 4; 0 for a word that is not in the lexicon. */
  valence: number;
}

/**
 * The words of a text with their valences, in order, with the text's capitals.
 * @param lexicon word in lower case -> valence; default: the VADER lexicon, which every call reads
 *   again
 */
export function scoreWords(text: string, lexicon: ReadonlyMap<string, number> = loadLexicon()): WordScore[] {
  return tokenizeWords(text).map((word) => ({ word, valence: lexicon.get(word.toLowerCase()) ?? 0 }));
}

const VADER =
  "A text is rewarded for positive words and punished for negative ones. Each word of the text is looked up in the VADER sentiment lexicon, where people have rated thousands of words from -4 (extremely negative) to 4 (extremely positive); the reward is the sum of the ratings of the words found, divided by a constant and limited above and below. Words outside the lexicon count nothing, and neither do negation, grammar or context.";

const LEXICON =
  "Each word of a text is looked up in a list of words with positive and negative values; the reward is the sum of the values of the words found. Other words count nothing, and neither do negation, grammar or context.";

const fields = {
  scale: z.number().positive().default(5).describe("For vader: the sum is divided by this (Equation 3)"),
  clip: z.number().positive().default(10).describe("For vader: rewards are clipped to ± this (Equation 3)"),
};

type Settings = CommonRewardSettings & z.output<z.ZodObject<typeof fields>>;

export const vader: RewardKind<typeof fields, Settings> = {
  summary: "sum of the lexicon's values (section 4.1)",
  fields,
  words: true,
  inputs: () => ({}),
  load: async ({ lexicon, scale, clip }) => vaderReward({ lexicon: namedLexicon(lexicon), scale: 1 / scale, clip }),
  describe: ({ lexicon }) => ({ text: lexicon === "vader" ? VADER : LEXICON }),
};
