/** The explainer of a configuration. */

import type { Config } from "../../config/config.js";
import { llmSettings, rewardDescription } from "../../config/llm-settings.js";
import { type Explainer, llmExplainer, type OpenAiChat, ruleExplainer } from "../../interpret/index.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadPrompts } from "../../text/prompts.js";
import type { StageContext } from "../run/stage.js";
import { configuredChat, keptSoFar } from "./llm.js";
import { givenLexicon } from "./models.js";

export interface ConfiguredExplainer {
  explainer: Explainer;
  /** Its language model, if it uses one. */
  chat?: OpenAiChat;
  /** Logs the number of replies and tokens, if there are any. */
  logSpent(): void;
}

/**
 * The explainer of a run.
 * @throws FormatError when the lexicon or a prompt cannot be used
 */
export async function configuredExplainer(context: StageContext, tokenizer: Tokenizer): Promise<ConfiguredExplainer> {
  const { config, rng, log } = context;
  const tokenText = (id: number) => tokenizer.tokenText(id);
  if (config.explainer.name === "llm") {
    const chat = await configuredChat(context);
    const prompts = loadPrompts(config.explainer.prompts);
    return {
      explainer: llmExplainer({ chat, prompts, rewardDescription: rewardDescription(config)!, tokenText }),
      chat,
      logSpent: () => log(`${chat.model}: ${keptSoFar(chat, config)} so far`),
    };
  }
  const { fdr, permutations } = config.explainer;
  const explainer = ruleExplainer({
    lexicon: givenLexicon(config),
    tokenText,
    fdr,
    permutations,
    rng: rng("explainer"),
  });
  return { explainer, logSpent: () => {} };
}

/**
 * The settings that explanations and predictions depend on. `patterns` distinguishes the rule
 * explainer from that of earlier versions, which counted tokens.
 */
export function explainerSettings(config: Config): unknown {
  return config.explainer.name === "llm" ? llmSettings(config) : { rule: "patterns" };
}
