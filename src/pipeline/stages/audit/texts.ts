/** The texts of an audit with their log-ratios: completions of both models, and corpus texts. */
import type { AuditedText } from "../../../interpret/index.js";
import type { LanguageModel, Tokenizer } from "../../../model/language-model.js";
import type { ModelRole } from "../../../results/results.js";
import { completionLogProbs, samplePrompts } from "../../../rlhf/index.js";
import { partTokens } from "../../inputs/corpus-parts.js";
import { modelRoles } from "../../inputs/models.js";
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

/**
 * Completes every prompt once by each model, with the same random numbers.
 * @returns the base model's completions in the order of the prompts, then the tuned model's
 * @throws RunError when the corpus has no prompt
 */
export async function sampledTexts(
  { config, rng, progress, signal }: Pick<StageContext, "config" | "rng" | "progress" | "signal">,
  models: Pair,
  tokenizer: Tokenizer,
): Promise<AuditedText[]> {
  const { prompts: limit, promptTokens: maxTokens, newTokens } = config.audit;
  const prompts = await partTokens(config, "evaluate", tokenizer, { maxTokens, limit, signal });
  const given = prompts.map((prompt) => prompt.length);
  const seed = rng("samples").uint32();
  const eos = new Set([
    ...(tokenizer.eosTokenId === null ? [] : [tokenizer.eosTokenId]),
    ...models.base.config.eosTokenIds,
  ]);
  const texts: AuditedText[] = [];
  progress.start(modelRoles.length * prompts.length, "completions");
  for (const origin of modelRoles) {
    const { rows, completions } = await samplePrompts(models[origin], prompts, {
      tokenizer,
      newTokens,
      seed,
      signal,
      onPrompts: (done) => progress.update(texts.length + done),
    });
    const logRatios = await logRatiosOf(models, rows, given, signal);
    for (const [unit, row] of rows.entries()) {
      const ids = row.slice(given[unit]);
      texts.push({
        origin,
        unit,
        prompt: tokenizer.decode(prompts[unit], { skipSpecialTokens: true }),
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
