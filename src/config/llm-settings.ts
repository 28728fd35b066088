/** Settings of the language model that explains, labels or proposes substitutes. */
import { rewardKind } from "../reward/rewards.js";
import type { Config } from "./config.js";

/** Whether the configuration uses a language model. */
export function usesLlm({ explainer, triples }: Config): boolean {
  return explainer.name === "llm" || triples.substitutions === "llm";
}

/** The settings that replies depend on. Limits, key and prices do not change replies. */
export function llmSettings({ explainer: { baseURL, model, temperature, maxReplyTokens, prompts } }: Config) {
  return { name: "llm", baseURL, model, temperature, maxReplyTokens, prompts };
}

/**
 * The description of the reward, by the user or by this program; undefined for a reward that only
 * the user can describe.
 */
export function rewardDescription({ explainer, reward }: Config): string | undefined {
  if (explainer.rewardDescription !== undefined) return explainer.rewardDescription;
  const description = rewardKind(reward).describe(reward);
  return "text" in description ? description.text : undefined;
}
