/** What a configuration says about a language model that is asked. */
import type { Config } from "./config.js";

/** Whether a language model is asked at all. */
export function usesLlm({ explainer, triples }: Config): boolean {
  return explainer.name === "llm" || triples.substitutions === "llm";
}

/** The settings that replies depend on; limits, key and prices change nothing in them. */
export function llmSettings({ explainer: { baseURL, model, temperature, maxReplyTokens, prompts } }: Config) {
  return { name: "llm", baseURL, model, temperature, maxReplyTokens, prompts };
}

const VADER_REWARD =
  "A text is rewarded for positive words and punished for negative ones. Each word of the text is looked up in the VADER sentiment lexicon, where people have rated thousands of words from -4 (extremely negative) to 4 (extremely positive); the reward is the sum of the ratings of the words found, divided by a constant and limited above and below. Words outside the lexicon count nothing, and neither do negation, grammar or context.";

const LEXICON_REWARD =
  "Each word of a text is looked up in a list of words with positive and negative values; the reward is the sum of the values of the words found. Other words count nothing, and neither do negation, grammar or context.";

const CLASSIFIER_REWARD =
  "A text is rewarded by a sentiment classifier that was trained to tell positive from negative film reviews: the more surely it takes the text for a positive review, the higher the reward, and the more surely for a negative one, the lower.";

/** The reward in natural language, as the user or this program words it; undefined for a reward that only the user knows. */
export function rewardDescription({ explainer, reward }: Config): string | undefined {
  if (explainer.rewardDescription !== undefined) return explainer.rewardDescription;
  if (reward.name === "classifier") return reward.label === undefined ? CLASSIFIER_REWARD : undefined;
  if (reward.name !== "vader") return undefined;
  return reward.lexicon === "vader" ? VADER_REWARD : LEXICON_REWARD;
}
