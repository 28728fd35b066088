/**
 * An explainer without a language model: it counts the tokens a feature is active on, and tests for
 * sentiment.
 */
import { InternalError } from "../../errors.js";
import type { Rng } from "../../rng.js";
import { benjaminiHochberg } from "../../stats/benjamini-hochberg.js";
import { HIGHEST_LEVEL } from "../evidence/activation-level.js";
import type { EvidenceCorpus } from "../evidence/collect-evidence.js";
import type { Example } from "../evidence/top-examples.js";
import { tokenTopicParts, topics } from "../words/topics.js";
import { WordTokens } from "../words/word-tokens.js";
import type { Classification, Explainer, Explanation } from "./explainer.js";
import {
  type CorpusCounts,
  countCorpus,
  type FiringRule,
  findRule,
  ruleFires,
  ruleInWords,
  visible,
} from "./firing-rule.js";
import { type SentimentAssociation, sentimentAssociation } from "./sentiment-association.js";
import { type TopicScore, topicAssociation } from "./topic-association.js";

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
 * Explains by counting: shares of a feature's activation by tokens, classes, preceding tokens and
 * positions, and short examples from the texts it is shown. Labels a feature as related to the
 * reward when its activation is associated with the token's valence, or with its absolute value, in
 * a permutation test over whole texts (see `sentimentAssociation`), at the given false discovery
 * rate over all features labelled together. Topics are tested in the same way, each over all
 * features (see `topicAssociation`). Shown texts are left out of a feature's tests. Labels depend
 * on the word lists, not on the wording of the explanation. Predicts by the rule of the
 * explanation: marks are correct when the rule holds at half of them or more, and activation is
 * either full or none.
 */
export function ruleExplainer(options: RuleExplainerOptions): Explainer {
  const { lexicon, tokenText, fdr = 0.05, permutations = 2000, rng } = options;
  const words = new WordTokens(tokenText, lexicon);
  const counted = new WeakMap<EvidenceCorpus, CorpusCounts>();
  const countsOf = (corpus: EvidenceCorpus): CorpusCounts => {
    const counts = counted.get(corpus) ?? countCorpus(corpus, words);
    counted.set(corpus, counts);
    return counts;
  };
  return {
    name: "rule",
    criterion: `permutation test over texts, Benjamini-Hochberg q = ${fdr} over all features`,
    topics: topics.map(({ topic }) => topic),
    async explain(evidence, shown) {
      if (evidence.density === 0) {
        return { explanation: "never fires on these texts", rule: { tokens: [], classes: [], after: [] } };
      }
      const rule = findRule(evidence, countsOf(evidence.corpus));
      const examples = shown.map((example) => excerpt(example, words)).join(" | ");
      return { explanation: `${ruleInWords(rule, words)}. Examples: ${examples}`, rule };
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
      const rule = ruleOf(explanation);
      return excerpts.map(({ tokens, start }) => ruleFires(rule, tokens, start, words).includes(true));
    },
    async fuzz(explanation, excerpts) {
      const rule = ruleOf(explanation);
      return excerpts.map(({ tokens, start, marked }) => {
        const fires = ruleFires(rule, tokens, start, words);
        return 2 * marked.filter((t) => fires[t]).length >= marked.length;
      });
    },
    async simulate(explanation, excerpts) {
      const rule = ruleOf(explanation);
      return excerpts.map(({ tokens, start }) =>
        ruleFires(rule, tokens, start, words).map((fires) => (fires ? HIGHEST_LEVEL : 0)),
      );
    },
  };
}

function ruleOf({ rule }: Explanation): FiringRule {
  if (!rule)
    throw new InternalError("the rule explainer can predict only from its own explanations, which have a rule");
  return rule;
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
