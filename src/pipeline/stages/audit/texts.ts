/** The texts of an audit with their log-ratios: completions of both models, and corpus texts. One model is in memory at a time. */
import type { AuditedText } from "../../../interpret/index.js";
import type { CausalLm } from "../../../model/causal-lm.js";
import type { Tokenizer } from "../../../model/language-model.js";
import type { StoredModel } from "../../../model/stored-model.js";
import type { ModelRole } from "../../../results/results.js";
import { completionLogProbs, type Samples, samplePrompts } from "../../../rlhf/index.js";
import { modelRoles } from "../../inputs/models.js";
import type { StageContext } from "../../run/stage.js";
import type { AuditPrompt } from "./prompts.js";

/** Models that are in memory while they are used. */
export type ReadPair = Readonly<Record<ModelRole, Pick<StoredModel, "config" | "inMemory">>>;

/**
 * Completes every prompt once by each model, one in memory after the other, with the same random numbers. A text ends where
 * either model's texts end.
 */
export async function samplePair(
  { config, rng, progress, signal }: Pick<StageContext, "config" | "rng" | "progress" | "signal">,
  pair: ReadPair,
  tokenizer: Tokenizer,
  prompts: readonly AuditPrompt[],
): Promise<Record<ModelRole, Samples>> {
  const given = prompts.map(({ ids }) => ids);
  const seed = rng("samples").uint32();
  progress.start(modelRoles.length * prompts.length, "completions");
  const by = (role: ModelRole, before: number) =>
    pair[role].inMemory((model) =>
      samplePrompts(model, given, {
        ...{ tokenizer, seed, signal },
        newTokens: config.audit.newTokens,
        stopTokens: stopTokensOf(pair),
        onPrompts: (done) => progress.update(before + done),
      }),
    );
  const sampled = { base: await by("base", 0), tuned: await by("tuned", prompts.length) };
  progress.end();
  return sampled;
}

const stopTokensOf = ({ base, tuned }: ReadPair): number[] => [
  ...new Set([...base.config.eosTokenIds, ...tuned.config.eosTokenIds]),
];

/** What both models read. */
export interface ReadTexts {
  readonly prompts: readonly AuditPrompt[];
  readonly samples: Readonly<Record<ModelRole, Samples>>;
  /** Corpus texts, at least two token ids each; the first token has no prediction. */
  readonly rows: readonly (readonly number[])[];
}

/**
 * Reads completions and corpus texts with both models, one in memory after the other.
 * @param alsoBy what else each model does while it is in memory
 * @returns the base model's completions in the order of the prompts, then the tuned model's, then the corpus texts
 */
export async function readPair(
  { progress, signal }: Pick<StageContext, "progress" | "signal">,
  pair: ReadPair,
  tokenizer: Tokenizer,
  { prompts, samples, rows }: ReadTexts,
  alsoBy: (role: ModelRole, model: CausalLm) => Promise<void> = async () => {},
): Promise<AuditedText[]> {
  const given = prompts.map(({ ids }) => ids.length);
  const readBy = (role: ModelRole) =>
    pair[role].inMemory(async (model) => {
      progress.start(modelRoles.length * prompts.length + rows.length, "texts");
      const logProbs = (texts: readonly (readonly number[])[], first: readonly number[], before: number) =>
        completionLogProbs(model, texts, first, { signal, onRows: (done) => progress.update(before + done) });
      const base = await logProbs(samples.base.rows, given, 0);
      const tuned = await logProbs(samples.tuned.rows, given, prompts.length);
      const firstTokens = rows.map(() => 1);
      const corpus = await logProbs(rows, firstTokens, modelRoles.length * prompts.length);
      progress.end();
      await alsoBy(role, model);
      return { base, tuned, corpus };
    });
  const found = { base: await readBy("base"), tuned: await readBy("tuned") };
  const logRatios = (texts: ModelRole | "corpus") =>
    found.tuned[texts].map((logProbs, i) => logProbs.map((logProb, t) => logProb - found.base[texts][i][t]));
  const eos = new Set([...(tokenizer.eosTokenId === null ? [] : [tokenizer.eosTokenId]), ...stopTokensOf(pair)]);
  return [
    ...modelRoles.flatMap((role) => completed(role, prompts, samples[role], logRatios(role), eos)),
    ...corpusTexts(rows, logRatios("corpus"), tokenizer),
  ];
}

function completed(
  origin: ModelRole,
  prompts: readonly AuditPrompt[],
  { rows, completions }: Samples,
  logRatios: readonly Float64Array[],
  eos: ReadonlySet<number>,
): AuditedText[] {
  return rows.map((row, unit) => {
    const ids = row.slice(prompts[unit].ids.length);
    return {
      origin,
      unit,
      prompt: prompts[unit].shown,
      text: completions[unit],
      ids,
      logRatios: logRatios[unit],
      ended: ids.length > 0 && eos.has(ids[ids.length - 1]),
    };
  });
}

function corpusTexts(
  rows: readonly (readonly number[])[],
  logRatios: readonly Float64Array[],
  tokenizer: Tokenizer,
): AuditedText[] {
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
