/**
 * Rules of when a feature is active: found by counting, put in words, and applied to other texts.
 */
import { type ActivationShare, activationShares, tokenAt } from "../evidence/activation-shares.js";
import type { EvidenceCorpus, FeatureEvidence } from "../evidence/collect-evidence.js";
import { TOKEN_CLASSES, type TokenClass, tokenClasses } from "../words/token-classes.js";
import type { WordTokens } from "../words/word-tokens.js";

/**
 * A rule, with shares of the feature's activation. It predicts activation at a token that is one of
 * `tokens`, in one of `classes`, or after one of `after`. With `within` it applies only to the
 * first tokens of a text, and to all of these if the rule has nothing else.
 */
export interface FiringRule {
  tokens: { id: number; share: number }[];
  /** `expected`: the class's share of all tokens. */
  classes: { name: TokenClass; share: number; expected: number }[];
  /** Tokens that precede the active ones. */
  after: { id: number; share: number }[];
  /** The first `tokens` tokens of a text. */
  within?: { tokens: number; share: number };
}

/** Frequencies of tokens and classes in the corpus, for comparison with a feature's shares. */
export interface CorpusCounts {
  tokens: number;
  /** Index into TOKEN_CLASSES, [tokens]. */
  classes: Uint8Array;
  /** Share of all tokens in each class. */
  classShares: number[];
  /** Number of occurrences of each token, and of those before another token. */
  occurrences: Map<number, number>;
  asPrevious: Map<number, number>;
}

/** Counts the corpus, once for all features. */
export function countCorpus(corpus: EvidenceCorpus, words: WordTokens): CorpusCounts {
  const tokens = corpus.textOf.length;
  const classes = new Uint8Array(tokens);
  const classCounts = TOKEN_CLASSES.map(() => 0);
  const occurrences = new Map<number, number>();
  const asPrevious = new Map<number, number>();
  for (const [i, text] of corpus.texts.entries()) {
    classes.set(tokenClasses(text, words), corpus.offsets[i]);
    for (let t = 0; t < text.length; t++) {
      classCounts[classes[corpus.offsets[i] + t]]++;
      occurrences.set(text[t], (occurrences.get(text[t]) ?? 0) + 1);
      if (t > 0) asPrevious.set(text[t - 1], (asPrevious.get(text[t - 1]) ?? 0) + 1);
    }
  }
  return { tokens, classes, classShares: classCounts.map((count) => count / tokens), occurrences, asPrevious };
}

/**
 * A share of activation is in the rule when it is this large and this many times the share expected
 * by chance.
 */
const NOTABLE = { share: 0.3, lift: 2 };
const MIN_TOKEN_SHARE = 0.02;
const MAX_TOKENS = 10;
const EARLY_TOKENS = 5;

/**
 * The rule of a feature: tokens, classes and positions whose share of its activation is large, and
 * larger than in the corpus.
 */
export function findRule(evidence: FeatureEvidence, counts: CorpusCounts): FiringRule {
  const { corpus } = evidence;
  const above = (share: number, count = 0) => share >= (NOTABLE.lift * count) / counts.tokens;
  const named = ({ key, share }: ActivationShare) => ({ id: key, share });
  const early = activationShares(evidence, (position) =>
    Math.min(EARLY_TOKENS, position - corpus.offsets[corpus.textOf[position]]),
  );
  const within = [1, EARLY_TOKENS]
    .map((tokens) => ({
      tokens,
      share: early.filter(({ key }) => key < tokens).reduce((sum, { share }) => sum + share, 0),
    }))
    .find(({ tokens, share }) => {
      const places = corpus.texts.reduce((sum, { length }) => sum + Math.min(length, tokens), 0);
      return share >= 0.5 && above(share, places);
    });
  return {
    tokens: activationShares(evidence, (position) => tokenAt(corpus, position))
      .filter(({ key, share }) => share >= MIN_TOKEN_SHARE && above(share, counts.occurrences.get(key)))
      .slice(0, MAX_TOKENS)
      .map(named),
    classes: activationShares(evidence, (position) => counts.classes[position])
      .map(({ key, share }) => ({ name: TOKEN_CLASSES[key], share, expected: counts.classShares[key] }))
      .filter(({ share, expected }) => share >= NOTABLE.share && share >= NOTABLE.lift * expected),
    after: activationShares(evidence, (position) => tokenAt(corpus, position, 1))
      .filter(({ key, share }) => key >= 0 && share >= NOTABLE.share && above(share, counts.asPrevious.get(key)))
      .map(named),
    ...(within && { within }),
  };
}

/** The rule as a sentence without full stop. */
export function ruleInWords({ tokens, classes, after, within }: FiringRule, words: WordTokens): string {
  const quoted = ({ id, share }: { id: number; share: number }) => `"${visible(words.text(id))}" (${percent(share)})`;
  const parts = [tokens.length > 0 ? `fires on ${tokens.map(quoted).join(", ")}` : "fires on many different tokens"];
  if (classes.length > 0) {
    const shares = classes.map(
      ({ name, share, expected }) => `${name} (${percent(share)}, where ${percent(expected)} of all tokens are)`,
    );
    parts.push(`mostly ${shares.join(" and ")}`);
  }
  if (after.length > 0) parts.push(`after ${after.map(quoted).join(" or ")}`);
  if (within) {
    const place = within.tokens === 1 ? "at the first token" : `among the first ${within.tokens} tokens`;
    parts.push(`${place} of a text (${percent(within.share)})`);
  }
  return parts.join("; ");
}

/**
 * Predicts at which tokens of an excerpt the feature is active. An empty rule predicts none.
 * @param start position in the text of the excerpt's first token; the tokens before it are unknown
 */
export function ruleFires(rule: FiringRule, ids: readonly number[], start: number, words: WordTokens): boolean[] {
  const { tokens, classes, after, within } = rule;
  const end = within ? Math.min(ids.length, within.tokens - start) : ids.length;
  const everywhere = within !== undefined && tokens.length + classes.length + after.length === 0;
  const classOf = tokenClasses(ids, words);
  return ids.map(
    (id, t) =>
      t < end &&
      (everywhere ||
        tokens.some((token) => token.id === id) ||
        classes.some(({ name }) => name === TOKEN_CLASSES[classOf[t]]) ||
        (t > 0 && after.some((previous) => previous.id === ids[t - 1]))),
  );
}

export function visible(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
