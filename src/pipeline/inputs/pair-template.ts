/** The chat template of a pair of models, and texts in it as tokens. */
import type { Config } from "../../config/config.js";
import type { Tokenizer } from "../../model/language-model.js";
import { hasTokenizer } from "../../model/model-files.js";
import { type ChatTemplate, loadChatTemplate } from "../../model/tokenizer/chat-template.js";
import type { ModelRole } from "../../results/results.js";
import { roleFolders } from "./models.js";

/** A chat template and the model that has it. */
export interface PairTemplate extends ChatTemplate {
  readonly of: ModelRole;
}

/**
 * The template of the tuned model, or else of the base model: tuning is often what taught a model to chat.
 * @returns undefined where neither has one, or `audit.chat` is never
 * @throws FormatError as `loadChatTemplate`
 */
export async function loadPairTemplate(config: Config, runFolder: string): Promise<PairTemplate | undefined> {
  if (config.audit.chat === "never") return undefined;
  for (const of of ["tuned", "base"] as const) {
    const { folder, adapter } = await roleFolders(config, runFolder, of);
    const own = adapter ?? folder;
    // An adapter without a tokenizer has the template of its base model, which comes next.
    if (adapter !== undefined && !hasTokenizer(own)) continue;
    const template = await loadChatTemplate(own);
    if (template) return { of, render: template.render };
  }
  return undefined;
}

/**
 * How conversations without a template are written: as those of HH-RLHF (Bai et al. 2022, arXiv:2204.05862), which models
 * without a template have been tuned on.
 */
export const transcript: ChatTemplate = {
  render(messages, { addGenerationPrompt = false } = {}) {
    const speakers: Readonly<Record<string, string>> = { user: "Human", assistant: "Assistant" };
    const turns = messages.map(({ role, content }) =>
      role in speakers ? `\n\n${speakers[role]}: ${content}` : content,
    );
    return turns.join("") + (addGenerationPrompt ? "\n\nAssistant:" : "");
  },
};

/** Encodes texts that a template made: it writes the special tokens itself, so the tokenizer adds none. */
export function templateEncoder(tokenizer: Tokenizer): Pick<Tokenizer, "encode"> {
  const added = tokenizer.encode("");
  return {
    encode(text) {
      const ids = tokenizer.encode(text);
      return added.length > 0 && added.every((id, i) => ids[i] === id) ? ids.slice(added.length) : ids;
    },
  };
}
