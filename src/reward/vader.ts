/** The paper's reward: the summed VADER sentiment of a text's words (Equation 3). */
import { ConfigError, type ConfigIssue } from "../errors.js";
import { loadLexicon, tokenizeWords } from "../text/index.js";
import type { Reward } from "./reward.js";

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
 * A word counts when its lower-case form stands in the lexicon, and nothing else does: no negation, no intensifiers,
 * no phrases of several words. VADER's own compound score has those; the paper's reward does not.
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

/** A word of a text and what it adds to the sum of Equation 3, before scaling. */
export interface WordScore {
  word: string;
  /** In the lexicon's units, -4 to 4; 0 for a word that the lexicon does not hold. */
  valence: number;
}

/**
 * The words of a text with their valences, in order and as written.
 * @param lexicon word in lower case -> valence; default: the VADER lexicon, read anew by each call that does not give one
 */
export function scoreWords(text: string, lexicon: ReadonlyMap<string, number> = loadLexicon()): WordScore[] {
  return tokenizeWords(text).map((word) => ({ word, valence: lexicon.get(word.toLowerCase()) ?? 0 }));
}
