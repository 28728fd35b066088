/** Estimates requests and tokens of a language model before the first request. */

import type { PromptName, Prompts } from "../../text/prompts.js";
import { MOST_EXCERPTS } from "../evidence/excerpts.js";
import { SIMULATED_EXCERPTS, SIMULATED_TOKENS } from "../score/simulation.js";
import { EXCERPTS_PER_QUESTION } from "./llm-explainer.js";

/** The work to estimate. */
export interface LlmWork {
  prompts: Prompts;
  /** Number of features that are explained, labelled and scored, of all models together. */
  features: number;
  /** Number of examples per explanation, of 32 tokens each. */
  examplesShown: number;
  /** Number of texts for which substitutes are proposed. */
  texts: number;
}

/**
 * Maximal number of requests without repeats, and approximate number of tokens, prompts and replies
 * together.
 */
export interface LlmEstimate {
  requests: number;
  tokens: number;
}

/**
 * English text has about four characters per token; a line `token<TAB>level` has about five tokens.
 */
const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_LEVEL = 5;
const SENTENCE = 40;
/** An excerpt of eight tokens with its number, and the line of its answer. */
const TOKENS_PER_MARK = 12 + 4;

/**
 * The work by stage: `explain`, `classify`, `score` and `triples`. Scores count twice, with their
 * controls.
 */
export function estimateLlmWork({ prompts, features, examplesShown, texts }: LlmWork): Record<string, LlmEstimate> {
  const times = (requests: number, prompt: PromptName, rest: number): LlmEstimate => ({
    requests,
    tokens: Math.round(requests * (prompts[prompt].length / CHARACTERS_PER_TOKEN + rest)),
  });
  const sum = (...parts: LlmEstimate[]): LlmEstimate => ({
    requests: parts.reduce((total, { requests }) => total + requests, 0),
    tokens: parts.reduce((total, { tokens }) => total + tokens, 0),
  });
  const portions = (excerpts: number) => Math.ceil(excerpts / EXCERPTS_PER_QUESTION);
  const marks = (prompt: "detect" | "fuzz", excerpts: number) =>
    times(2 * features * portions(excerpts), prompt, SENTENCE + (TOKENS_PER_MARK * excerpts) / portions(excerpts));
  return {
    explain: times(features, "explain", SENTENCE + examplesShown * SIMULATED_TOKENS * TOKENS_PER_LEVEL),
    classify: sum(times(features, "classify", 4 * SENTENCE), times(features, "movie-opinion", 2 * SENTENCE)),
    score: sum(
      marks("detect", 2 * MOST_EXCERPTS),
      marks("fuzz", MOST_EXCERPTS),
      times(2 * features * SIMULATED_EXCERPTS, "simulate", SENTENCE + 2 * SIMULATED_TOKENS * (TOKENS_PER_LEVEL - 1)),
    ),
    triples: times(texts, "substitute", 3 * SENTENCE + 75),
  };
}
