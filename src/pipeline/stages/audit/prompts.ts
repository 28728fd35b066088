/** The prompts of an audit. */
import { RunError } from "../../../errors.js";
import type { Tokenizer } from "../../../model/language-model.js";
import { partTexts, partTokens } from "../../inputs/corpus-parts.js";
import { type PairTemplate, templateEncoder } from "../../inputs/pair-template.js";
import type { StageContext } from "../../run/stage.js";

/** What both models complete, as tokens, and as tables show it. */
export interface AuditPrompt {
  readonly ids: readonly number[];
  readonly shown: string;
}

/**
 * The prompts of an audit: the beginnings of texts, or with a template messages of a user, each with what stands before an answer.
 * @throws RunError when the corpus has no prompt; FormatError when the template refuses a user's message
 */
export async function auditPrompts(
  { config, signal }: Pick<StageContext, "config" | "signal">,
  tokenizer: Tokenizer,
  template: PairTemplate | undefined,
): Promise<AuditPrompt[]> {
  const { prompts: limit, promptTokens, chatTokens } = config.audit;
  if (!template) {
    const rows = await partTokens(config, "evaluate", tokenizer, { maxTokens: promptTokens, limit, signal });
    return rows.map((ids) => ({ ids, shown: tokenizer.decode(ids, { skipSpecialTokens: true }) }));
  }
  const prompts: AuditPrompt[] = [];
  for await (const text of partTexts(config, "evaluate", signal)) {
    if (prompts.length >= limit) break;
    prompts.push(messagePrompt(text, chatTokens, tokenizer, template));
  }
  if (prompts.length === 0) throw new RunError(`no text of ${config.corpus.source} for evaluate`);
  return prompts;
}

/**
 * A user's message of at most so many tokens, under a template.
 * @throws FormatError when the template refuses it
 */
export function messagePrompt(text: string, most: number, tokenizer: Tokenizer, template: PairTemplate): AuditPrompt {
  const plain = templateEncoder(tokenizer);
  const ids = plain.encode(text);
  const content = ids.length <= most ? text : tokenizer.decode(ids.slice(0, most));
  return {
    ids: plain.encode(template.render([{ role: "user", content }], { addGenerationPrompt: true })),
    shown: content,
  };
}
