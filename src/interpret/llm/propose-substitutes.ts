/** Substitutes for the positive words of triples, as a language model proposes them (paper, section 4.3 and Appendix E.2). */

import { fillPrompt, type Prompts } from "../../text/prompts.js";
import type { ProposeSubstitutes } from "../probe/triples.js";
import { askFor, type Chat, NoAnswerError } from "./chat.js";
import { parseSubstitutes } from "./parse-replies.js";

/** The end of a context that is shown, in characters: enough for the sentence. */
const SHOWN_CONTEXT = 300;

/** Asks once per text; no proposals where no reply could be used. */
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
