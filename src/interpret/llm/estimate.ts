/** How much a language model will be asked, told before it is asked. */

import type { PromptName, Prompts } from "../../text/prompts.js";
import { MOST_EXCERPTS } from "../evidence/excerpts.js";
import { SIMULATED_EXCERPTS, SIMULATED_TOKENS } from "../score/simulation.js";
import { EXCERPTS_PER_QUESTION } from "./llm-explainer.js";

/** What is to be done. */
export interface LlmWork {
  prompts: Prompts;
  /** Features that are explained, labelled and scored, of all models together. */
  features: number;
  /** Examples that an explanation is made from, of 32 tokens each. */
  examplesShown: number;
  /** Texts for which substitutes are proposed. */
  texts: number;
}

/** The most requests, but for those asked again, and about how many tokens, prompts and replies together. */
export interface LlmEstimate {
  requests: number;
  tokens: number;
}

/** English text has about four characters to a token; a line `token<TAB>level` about five tokens. */
const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_LEVEL = 5;
const SENTENCE = 40;
/** The excerpt of eight tokens with its number, and the line that answers it. */
const TOKENS_PER_MARK = 12 + 4;

/** The work by stage: `explain`, `classify`, `score` and `triples`. Scores count twice, with their controls. */
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
