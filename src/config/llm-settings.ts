/** What a configuration says about a language model that is asked. */
import { rewardKind } from "../reward/rewards.js";
import type { Config } from "./config.js";

/** Whether a language model is asked at all. */
export function usesLlm({ explainer, triples }: Config): boolean {
  return explainer.name === "llm" || triples.substitutions === "llm";
}

/** The settings that replies depend on; limits, key and prices change nothing in them. */
export function llmSettings({ explainer: { baseURL, model, temperature, maxReplyTokens, prompts } }: Config) {
  return { name: "llm", baseURL, model, temperature, maxReplyTokens, prompts };
}

/** The reward in natural language, as the user or this program words it; undefined for a reward that only the user knows. */
export function rewardDescription({ explainer, reward }: Config): string | undefined {
  if (explainer.rewardDescription !== undefined) return explainer.rewardDescription;
  const description = rewardKind(reward).describe(reward);
  return "text" in description ? description.text : undefined;
}
