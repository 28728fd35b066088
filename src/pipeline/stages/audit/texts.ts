/** The texts of an audit with their log-ratios: completions of both models, and corpus texts. */
import { RunError } from "../../../errors.js";
import type { AuditedText } from "../../../interpret/index.js";
import type { LanguageModel, Tokenizer } from "../../../model/language-model.js";
import type { ModelRole } from "../../../results/results.js";
import { completionLogProbs, samplePrompts } from "../../../rlhf/index.js";
import { partTexts, partTokens } from "../../inputs/corpus-parts.js";
import { modelRoles } from "../../inputs/models.js";
import { type PairTemplate, templateEncoder } from "../../inputs/pair-template.js";
import type { StageContext } from "../../run/stage.js";

type Pair = Readonly<Record<ModelRole, LanguageModel>>;

/** log p_tuned - log p_base of every token after the given ones, one array per row. */
async function logRatiosOf(
  { base, tuned }: Pair,
  rows: readonly (readonly number[])[],
  given: readonly number[],
  signal: AbortSignal,
): Promise<Float64Array[]> {
  const byBase = await completionLogProbs(base, rows, given, { signal });
  const byTuned = await completionLogProbs(tuned, rows, given, { signal });
  return byTuned.map((logProbs, i) => logProbs.map((logProb, t) => logProb - byBase[i][t]));
}

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

/**
 * Completes every prompt once by each model, with the same random numbers. A text ends where either model's texts end.
 * @returns the base model's completions in the order of the prompts, then the tuned model's
 */
export async function sampledTexts(
  { config, rng, progress, signal }: Pick<StageContext, "config" | "rng" | "progress" | "signal">,
  models: Pair,
  tokenizer: Tokenizer,
  prompted: readonly AuditPrompt[],
): Promise<AuditedText[]> {
  const { newTokens } = config.audit;
  const prompts = prompted.map(({ ids }) => ids);
  const given = prompts.map((prompt) => prompt.length);
  const seed = rng("samples").uint32();
  const stopTokens = [...new Set([...models.base.config.eosTokenIds, ...models.tuned.config.eosTokenIds])];
  const eos = new Set([...(tokenizer.eosTokenId === null ? [] : [tokenizer.eosTokenId]), ...stopTokens]);
  const texts: AuditedText[] = [];
  progress.start(modelRoles.length * prompts.length, "completions");
  for (const origin of modelRoles) {
    const { rows, completions } = await samplePrompts(models[origin], prompts, {
      tokenizer,
      newTokens,
      seed,
      stopTokens,
      signal,
      onPrompts: (done) => progress.update(texts.length + done),
    });
    const logRatios = await logRatiosOf(models, rows, given, signal);
    for (const [unit, row] of rows.entries()) {
      const ids = row.slice(given[unit]);
      texts.push({
        origin,
        unit,
        prompt: prompted[unit].shown,
        text: completions[unit],
        ids,
        logRatios: logRatios[unit],
        ended: ids.length > 0 && eos.has(ids[ids.length - 1]),
      });
    }
  }
  progress.end();
  return texts;
}

/**
 * Corpus texts with their log-ratios.
 * @param rows token ids, at least two each; the first token has no prediction
 */
export async function corpusTexts(
  models: Pair,
  rows: readonly (readonly number[])[],
  tokenizer: Tokenizer,
  signal: AbortSignal,
): Promise<AuditedText[]> {
  const logRatios = await logRatiosOf(
    models,
    rows,
    rows.map(() => 1),
    signal,
  );
  const decode = (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecialTokens: true });
  return rows.map((row, unit) => ({
    origin: "corpus",
    unit,
    prompt: decode(row.slice(0, 1)),
    text: decode(row.slice(1)),
    ids: row.slice(1),
    logRatios: logRatios[unit],
    ended: false,
  }));
}
