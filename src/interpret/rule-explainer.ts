/** An explainer without a language model: counts what a feature fires on, and tests whether that is sentiment. */
import type { Rng } from "../rng.js";
import { type ActivationShare, activationShares, tokenAt } from "./activation-shares.js";
import type { EvidenceCorpus, FeatureEvidence } from "./collect-evidence.js";
import type { Classification, Explainer } from "./explain.js";
import { benjaminiHochberg, type SentimentAssociation, sentimentAssociation } from "./sentiment-association.js";
import { type Example, shownExamples, topExamples } from "./top-examples.js";
import { WordTokens } from "./word-tokens.js";

export interface RuleExplainerOptions {
  /** Lower-case word -> valence. */
  lexicon: ReadonlyMap<string, number>;
  /** The text of one token alone, e.g. " good". */
  tokenText: (id: number) => string;
  /** False discovery rate of the labels, over all features that are classified together. Default 0.05. */
  fdr?: number;
  /** Permutations of the test. Default 2000; p-values go no lower than 1 / 2001. */
  permutations?: number;
  rng: Rng;
}

/** Classes of tokens that a feature may stand for; a token belongs to the first that fits. */
const CLASSES = [
  "line breaks and spaces",
  "punctuation",
  "numbers",
  "positive sentiment words",
  "negative sentiment words",
  "pieces of longer words",
  "capitalised words within a sentence",
  "other words",
] as const;

/**
 * Explains by counting: the tokens, classes, preceding tokens and positions on which a feature's activation falls, with their
 * shares, and short examples from 5 of its 20 top texts. Labels a feature reward-related when its codes are associated with
 * the valence of the token, or with its size, in a permutation test over whole texts (see `sentimentAssociation`),
 * at the given false discovery rate over all features classified together. The five shown texts are left out of a feature's
 * test. The label depends on the lexicon, not on the wording of the explanation.
 */
export function ruleExplainer(options: RuleExplainerOptions): Explainer {
  const { lexicon, tokenText, fdr = 0.05, permutations = 2000, rng } = options;
  const words = new WordTokens(tokenText, lexicon);
  const read = new WeakMap<EvidenceCorpus, CorpusReading>();
  const readingOf = (corpus: EvidenceCorpus): CorpusReading => {
    let reading = read.get(corpus);
    if (!reading) {
      reading = readCorpus(corpus, words);
      read.set(corpus, reading);
    }
    return reading;
  };
  return {
    name: "rule",
    criterion: `permutation test over texts, Benjamini-Hochberg q = ${fdr}`,
    async explain(evidence) {
      return describe(evidence, readingOf(evidence.corpus), words);
    },
    async classify(features, signal) {
      if (features.length === 0) return [];
      const evidence = features.map((feature) => feature.evidence);
      const tests = await sentimentAssociation(evidence, {
        valences: readingOf(evidence[0].corpus).valences,
        permutations,
        rng,
        excluded: (one) => new Set(shownExamples(topExamples(one)).map(({ text }) => text)),
        signal,
      });
      const qValues = benjaminiHochberg(tests.map(({ pValue }) => pValue));
      return tests.map((test, i) => label(test, qValues[i], fdr));
    },
  };
}

/** From this share of its activation on lexicon words, a feature is said to be about one sign only. */
const ONE_SIDED = 0.8;

function label(test: SentimentAssociation, qValue: number, fdr: number): Classification {
  const related = qValue <= fdr;
  const side = test.positiveShare >= ONE_SIDED ? "positive " : test.positiveShare <= 1 - ONE_SIDED ? "negative " : "";
  const numbers = `correlation ${test.association.toFixed(3)}, p = ${test.pValue.toFixed(4)}, q = ${qValue.toFixed(4)}`;
  return {
    related,
    reason: related
      ? `fires on ${side}sentiment words more than chance (${numbers})`
      : `no more on sentiment words than chance (${numbers})`,
    scores: { sentimentAssociation: test.association, pValue: test.pValue, qValue },
  };
}

/** What the rules need to know of a corpus, found once. */
interface CorpusReading {
  /** [tokens] */
  valences: Float32Array;
  /** Index into CLASSES, [tokens]. */
  classes: Uint8Array;
  /** Share of all tokens in each class. */
  classShares: number[];
  /** How often each token stands before another. */
  previousCounts: Map<number, number>;
}

function readCorpus(corpus: EvidenceCorpus, words: WordTokens): CorpusReading {
  const tokens = corpus.textOf.length;
  const valences = new Float32Array(tokens);
  const classes = new Uint8Array(tokens);
  const classCounts = CLASSES.map(() => 0);
  const previousCounts = new Map<number, number>();
  for (const [i, text] of corpus.texts.entries()) {
    valences.set(words.valences(text), corpus.offsets[i]);
    for (let t = 0; t < text.length; t++) {
      const position = corpus.offsets[i] + t;
      classes[position] = classOf(words.text(text[t]), t > 0 ? words.text(text[t - 1]) : "", valences[position]);
      classCounts[classes[position]]++;
      if (t > 0) previousCounts.set(text[t - 1], (previousCounts.get(text[t - 1]) ?? 0) + 1);
    }
  }
  return { valences, classes, classShares: classCounts.map((count) => count / tokens), previousCounts };
}

function classOf(text: string, previous: string, valence: number): number {
  const index = (name: (typeof CLASSES)[number]) => CLASSES.indexOf(name);
  if (text.trim() === "") return index("line breaks and spaces");
  if (!/[\p{L}\p{N}]/u.test(text)) return index("punctuation");
  if (!/\p{L}/u.test(text)) return index("numbers");
  if (valence !== 0) return index(valence > 0 ? "positive sentiment words" : "negative sentiment words");
  if (/^\p{L}/u.test(text) && /\p{L}$/u.test(previous)) return index("pieces of longer words");
  if (/^\s?\p{Lu}/u.test(text) && /[\p{L}\p{N},]$/u.test(previous)) return index("capitalised words within a sentence");
  return index("other words");
}

/** A share of activation is worth saying when it is this large and this many times what chance would give. */
const NOTABLE = { share: 0.3, lift: 2 };
const MIN_TOKEN_SHARE = 0.03;
const MAX_TOKENS = 6;
const EARLY_TOKENS = 5;

function describe(evidence: FeatureEvidence, reading: CorpusReading, words: WordTokens): string {
  const { corpus, density } = evidence;
  if (density === 0) return "never fires on these texts";
  const tokens = corpus.textOf.length;
  const quoted = ({ key, share }: ActivationShare) => `"${visible(words.text(key))}" (${percent(share)})`;
  const parts: string[] = [];

  const top = activationShares(evidence, (position) => tokenAt(corpus, position));
  const named = top.filter(({ share }) => share >= MIN_TOKEN_SHARE).slice(0, MAX_TOKENS);
  parts.push(
    named.length > 0
      ? `fires on ${named.map(quoted).join(", ")}`
      : `fires on many tokens, ${top.length} different ones`,
  );

  const classes = activationShares(evidence, (position) => reading.classes[position])
    .filter(({ key, share }) => share >= NOTABLE.share && share >= NOTABLE.lift * reading.classShares[key])
    .map(
      ({ key, share }) =>
        `${CLASSES[key]} (${percent(share)}, where ${percent(reading.classShares[key])} of all tokens are)`,
    );
  if (classes.length > 0) parts.push(`mostly ${classes.join(" and ")}`);

  const context = activationShares(evidence, (position) => tokenAt(corpus, position, 1))
    .filter(({ key, share }) => key >= 0 && share >= NOTABLE.share)
    .filter(({ key, share }) => share >= (NOTABLE.lift * (reading.previousCounts.get(key) ?? 0)) / tokens);
  if (context.length > 0) parts.push(`after ${context.map(quoted).join(" or ")}`);

  const early = activationShares(evidence, (position) =>
    Math.min(EARLY_TOKENS, position - corpus.offsets[corpus.textOf[position]]),
  );
  const share = (keys: (key: number) => boolean) =>
    early.filter(({ key }) => keys(key)).reduce((sum, entry) => sum + entry.share, 0);
  if (share((key) => key === 0) >= 0.5)
    parts.push(`at the first token of a text (${percent(share((key) => key === 0))})`);
  else if (share((key) => key < EARLY_TOKENS) >= 0.5) {
    parts.push(`among the first ${EARLY_TOKENS} tokens of a text (${percent(share((key) => key < EARLY_TOKENS))})`);
  }

  const examples = shownExamples(topExamples(evidence)).map((example) => excerpt(example, words));
  return `${parts.join("; ")}. Examples: ${examples.join(" | ")}`;
}

/** A few tokens around the peak, the peak in brackets. */
function excerpt({ tokens, start, peak }: Example, words: WordTokens): string {
  const at = peak - start;
  const text = (from: number, to: number) =>
    visible(
      tokens
        .slice(Math.max(0, from), to)
        .map((id) => words.text(id))
        .join(""),
    );
  return `${text(at - 4, at)}[${text(at, at + 1)}]${text(at + 1, at + 4)}`;
}

function visible(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
