/** The language model of a configuration, for explanations and substitutes. */
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import {
  estimateLlmWork,
  type LlmWork,
  type OpenAiChat,
  type OpenAiChatOptions,
  openAiChat,
} from "../../interpret/index.js";
import { sum } from "../../stats/moments.js";
import { loadPrompts } from "../../text/prompts.js";
import type { StageContext } from "../run/stage.js";

/**
 * The folder of all requests and replies. It belongs to no stage, so a stage that runs again
 * repeats no request.
 */
export const LLM_CACHE = "llm-cache";

/** Options of requests to the language model. */
export function chatOptions({ explainer }: Config): Omit<OpenAiChatOptions, "cacheFolder"> {
  const { baseURL, model, keyVariable, temperature, maxReplyTokens, maxTokens, requestsPerMinute } = explainer;
  const { maxConcurrent, timeoutSeconds } = explainer;
  return {
    baseURL,
    model: model!,
    apiKey: process.env[keyVariable] || undefined,
    temperature,
    maxReplyTokens,
    maxTokens,
    requestsPerMinute,
    maxConcurrent,
    timeoutSeconds,
  };
}

/** The language model of a run, with replies cached in the run folder; logs damaged cache files. */
export async function configuredChat({
  config,
  folder,
  log,
}: Pick<StageContext, "config" | "folder" | "log">): Promise<OpenAiChat> {
  const chat = await openAiChat({ ...chatOptions(config), cacheFolder: join(folder, LLM_CACHE) });
  if (chat.damaged.length > 0)
    log(
      `kept replies that are damaged are asked for again: ${chat.damaged.map((name) => `${LLM_CACHE}/${name}`).join(", ")}`,
    );
  return chat;
}

/** Logs the expected requests and tokens before the first request. */
export function logEstimate({ config, log }: StageContext, chat: OpenAiChat, work: Omit<LlmWork, "prompts">): void {
  const { maxTokens, prompts } = config.explainer;
  const stages = Object.entries(estimateLlmWork({ prompts: loadPrompts(prompts), ...work })).filter(
    ([, { requests }]) => requests > 0,
  );
  const parts = stages.map(
    ([stage, { requests, tokens }]) => `${stage} ${count(requests)} requests, ${count(tokens)} tokens`,
  );
  const total = sum(stages.map(([, { tokens }]) => tokens));
  log(
    `${chat.model}: about ${parts.join("; ")}${money(total, config)}. Saved from before: ${keptSoFar(chat, config)}. Limit: ${count(maxTokens)} tokens (explainer.maxTokens)${total > maxTokens ? ", less than the estimate" : ""}`,
  );
}

/** Number and tokens of the cached replies. */
export function keptSoFar({ spent: { replies, tokens } }: OpenAiChat, config: Config): string {
  return `${count(replies)} replies, ${count(tokens)} tokens${money(tokens, config)}`;
}

function money(tokens: number, { explainer: { pricePerMillionTokens: price } }: Config): string {
  return price === undefined ? "" : `, cost ${((tokens / 1e6) * price).toFixed(2)}`;
}

const count = (value: number) => value.toLocaleString("en-US");
