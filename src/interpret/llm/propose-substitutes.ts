/**
 * Substitutes for the positive words of triples, proposed by a language model (paper, section 4.3
 * and Appendix E.2).
 */

import { fillPrompt, type Prompts } from "../../text/prompts.js";
import type { ProposeSubstitutes } from "../probe/triples.js";
import { askFor, type Chat, NoAnswerError } from "./chat.js";
import { parseSubstitutes } from "./parse-replies.js";

/** Number of characters shown from the end of the context, enough for the last sentence. */
const SHOWN_CONTEXT = 300;

/** One request per text; a text without usable reply has no proposals. */
export function llmSubstitutes(chat: Chat, prompts: Prompts): ProposeSubstitutes {
  return async (context, word, signal) => {
    const prompt = fillPrompt(prompts, "substitute", { context: context.slice(-SHOWN_CONTEXT), word });
    try {
      return (await askFor(chat, prompt, parseSubstitutes, signal)).value;
    } catch (error) {
      if (error instanceof NoAnswerError) return { negative: [], neutral: [] };
      throw error;
    }
  };
}
