/**
 * An explainer without a language model: finds the pattern of a feature's activation, and tests for
 * association with sentiment.
 */
import { InternalError } from "../../errors.js";
import type { Rng } from "../../rng.js";
import { benjaminiHochberg } from "../../stats/benjamini-hochberg.js";
import type { EvidenceCorpus } from "../evidence/collect-evidence.js";
import { tokenTopicParts, topics } from "../words/topics.js";
import { WordTokens } from "../words/word-tokens.js";
import { type Classification, type Explainer, type Explanation, NEVER_ACTIVE } from "./explainer.js";
import { CorpusIndex } from "./pattern/corpus-index.js";
import { findPattern } from "./pattern/find-pattern.js";
import { fitLevels } from "./pattern/fit-levels.js";
import { OtherPlaces } from "./pattern/other-places.js";
import { type FoundPattern, predictedLevels, predictedPlaces } from "./pattern/pattern.js";
import { explanationOf, NO_PATTERN } from "./pattern/pattern-name.js";
import { type SentimentAssociation, sentimentAssociation } from "./sentiment-association.js";
import { type TopicScore, topicAssociation } from "./topic-association.js";

/** The lexicon and the levels of the tests of the explainer that looks for patterns. */
export interface RuleExplainerOptions {
  /** Lower-case word -> valence. */
  lexicon: ReadonlyMap<string, number>;
  /** The text of a single token, e.g. " good". */
  tokenText: (id: number) => string;
  /**
   * False discovery rate of the labels, over all features that are labelled together. Default 0.05.
   */
  fdr?: number;
  /** Permutations of the tests. Default 2000; the lowest p-value is 1 / 2001. */
  permutations?: number;
  rng: Rng;
}

/**
 * Explains a feature by the pattern that best separates its strongest places from other tokens, on
 * texts that the pattern was not made from (see `findPattern`): words, pieces of words, word
 * classes, neighbours, position, topic. If there is none, the explanation says so. Else it adds
 * where the feature is active besides (see `OtherPlaces`).
 *
 * Labels a feature as related to the reward when its activation is associated with the token's
 * valence, or with its absolute value, in a permutation test over whole texts (see
 * `sentimentAssociation`), at the given false discovery rate over all features labelled together.
 * Topics are tested in the same way, each over all features (see `topicAssociation`). Shown texts
 * are left out of a feature's tests. Labels depend on the word lists, not on the explanation.
 *
 * Predicts by the pattern: marks are correct if it holds at half of them or more; levels are those
 * of the evidence (see `fitLevels`). Without a pattern it predicts no activation.
 */
export function ruleExplainer(options: RuleExplainerOptions): Explainer {
  const { lexicon, tokenText, fdr = 0.05, permutations = 2000, rng } = options;
  const words = new WordTokens(tokenText, lexicon);
  const indexed = new WeakMap<EvidenceCorpus, { index: CorpusIndex; otherPlaces: OtherPlaces }>();
  const indexOf = (corpus: EvidenceCorpus): { index: CorpusIndex; otherPlaces: OtherPlaces } => {
    const known = indexed.get(corpus);
    if (known) return known;
    const index = new CorpusIndex(corpus, words);
    const made = { index, otherPlaces: new OtherPlaces(index) };
    indexed.set(corpus, made);
    return made;
  };
  return {
    name: "rule",
    criterion: `permutation test over texts, Benjamini-Hochberg q = ${fdr} over all features`,
    topics: topics.map(({ topic }) => topic),
    async explain(evidence) {
      if (evidence.density === 0) return { explanation: NEVER_ACTIVE, noPattern: true };
      const { index, otherPlaces } = indexOf(evidence.corpus);
      const found = findPattern(evidence, index);
      if (!found) return { explanation: NO_PATTERN, noPattern: true };
      const also = otherPlaces.of(evidence, found.of);
      const places = { ...found, ...(also.length > 0 && { also }) };
      const pattern = { ...places, levels: fitLevels(places, evidence, index.rows) };
      return { explanation: explanationOf(pattern), pattern };
    },
    async classify(features, signal) {
      if (features.length === 0) return [];
      const evidence = features.map((feature) => feature.evidence);
      const { texts } = evidence[0].corpus;
      if (evidence.some(({ corpus }) => corpus.texts.length !== texts.length)) {
        throw new InternalError("features that are labelled together must have evidence on the same texts");
      }
      const test = { permutations, rng, excluded: features.map(({ shownTexts }) => shownTexts), signal };
      const valences = Float32Array.from(texts.flatMap((text) => [...words.valences(text)]));
      const sentiment = await sentimentAssociation(evidence, { ...test, valences });
      const qValues = benjaminiHochberg(sentiment.map(({ pValue }) => pValue));
      const topicParts = Uint8Array.from(texts.flatMap((text) => [...tokenTopicParts(text, words)]));
      const scores = await topicAssociation(evidence, { ...test, topicParts });
      return sentiment.map((result, i) => label(result, qValues[i], scores[i], fdr));
    },
    async detect(explanation, excerpts) {
      const pattern = patternOf(explanation);
      return excerpts.map(
        (excerpt) => pattern !== undefined && predictedPlaces(pattern, excerpt, words).includes(true),
      );
    },
    async fuzz(explanation, excerpts) {
      const pattern = patternOf(explanation);
      return excerpts.map(({ marked, ...excerpt }) => {
        if (pattern === undefined) return false;
        const places = predictedPlaces(pattern, excerpt, words);
        return 2 * marked.filter((t) => places[t]).length >= marked.length;
      });
    },
    async simulate(explanation, excerpts) {
      const pattern = patternOf(explanation);
      return excerpts.map((excerpt) =>
        pattern === undefined ? excerpt.tokens.map(() => 0) : predictedLevels(pattern, excerpt, words),
      );
    },
  };
}

/** The pattern of an explanation; undefined for a feature without one. */
function patternOf({ pattern, noPattern }: Explanation): FoundPattern | undefined {
  if (!pattern && !noPattern)
    throw new InternalError("the rule explainer can predict only from its own explanations, which have a pattern");
  return pattern;
}

/**
 * A feature with at least this share of its activation on words of one sign is described as of that
 * sign.
 */
const ONE_SIDED = 0.8;

function label(test: SentimentAssociation, qValue: number, topics: TopicScore[], fdr: number): Classification {
  const related = qValue <= fdr;
  const side = test.positiveShare >= ONE_SIDED ? "positive " : test.positiveShare <= 1 - ONE_SIDED ? "negative " : "";
  const numbers = `correlation ${test.association.toFixed(3)}, p = ${test.pValue.toFixed(4)}, q = ${qValue.toFixed(4)}`;
  return {
    related,
    reason: related
      ? `fires on ${side}sentiment words more than chance (${numbers})`
      : `no more on sentiment words than chance (${numbers})`,
    topics: topics
      .filter((score) => score.qValue <= fdr)
      .sort((a, b) => b.association - a.association)
      .map(({ topic }) => topic),
    scores: { sentimentAssociation: test.association, pValue: test.pValue, qValue, topics },
  };
}
