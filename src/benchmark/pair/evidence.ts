/** What methods are given of a pair: both models, texts of both and of the corpus with log-ratios, no reward. */
import type { Config } from "../../config/config.js";
import { type AuditedText, type SharedDictionary, WordTokens } from "../../interpret/index.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadLexicon } from "../../text/index.js";
import type { MarkedTexts } from "./marked-texts.js";

/** Both models and their texts. */
export interface PairEvidence {
  /** For further texts of the corpus, settings of autoencoders, and the seed; a method draws from streams of its own name. */
  readonly config: Config;
  /** The pair's name, for random streams alone. */
  readonly name: string;
  readonly base: CausalLm;
  readonly tuned: CausalLm;
  readonly tokenizer: Tokenizer;
  readonly words: WordTokens;
  /** Prompts as token ids; `unit` of a completion is the index of its prompt. */
  readonly prompts: readonly (readonly number[])[];
  /** Texts of the corpus as token ids, the first token included. */
  readonly corpus: readonly (readonly number[])[];
  /** Completions by both models, then texts of the corpus without their first token. */
  readonly texts: readonly AuditedText[];
  /** Marks of all hypotheses in `texts`. */
  readonly marks: MarkedTexts;
  readonly signal: AbortSignal;
}

/** Features of dictionaries that both models share. */
export interface LabelledFeatures {
  /** One of the middle and one of the last layer. */
  readonly dictionaries: readonly SharedDictionary[];
  /** The index of the hypothesis of each feature, dictionary after dictionary; undefined where none fits. */
  readonly labels: readonly (number | undefined)[];
}

export interface Evidence extends PairEvidence {
  /** The dictionaries are trained when they are first asked for, in about a minute. */
  features(): Promise<LabelledFeatures>;
}

/** Marks of one hypothesis in the texts of `corpus`, from their second token on. */
export function corpusMarks({ texts, marks }: PairEvidence, hypothesis: number): readonly Uint8Array[] {
  return marks.of(hypothesis).slice(texts.findIndex(({ origin }) => origin === "corpus"));
}

/** Words with VADER's values, which classes of words ask for. */
export function lexiconWords(tokenizer: Tokenizer): WordTokens {
  return new WordTokens((id) => tokenizer.tokenText(id), loadLexicon());
}
