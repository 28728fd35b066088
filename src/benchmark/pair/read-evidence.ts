/** Samples and reads what methods are given of a pair. */
import type { Config } from "../../config/config.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadModel } from "../../model/load.js";
import { partTokens } from "../../pipeline/inputs/corpus-parts.js";
import type { Progress } from "../../pipeline/run/progress.js";
import { auditPrompts } from "../../pipeline/stages/audit/prompts.js";
import { type ReadPair, readPair, samplePair } from "../../pipeline/stages/audit/texts.js";
import { Rng } from "../../rng.js";
import { hypotheses } from "../hypotheses/hypotheses.js";
import { type Evidence, type LabelledFeatures, lexiconWords, type PairEvidence } from "./evidence.js";
import { labelledFeatures } from "./labelled-features.js";
import { MarkedTexts } from "./marked-texts.js";

/** What reading a pair needs beside its models. */
export interface EvidenceContext {
  readonly config: Config;
  readonly tokenizer: Tokenizer;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Samples and reads; `audit` of the configuration says how many texts. Dispose of both models after use. */
export async function readEvidence(
  name: string,
  folders: { base: string; tuned: string },
  context: EvidenceContext,
): Promise<Evidence> {
  const base = await loadModel(folders.base);
  let tuned: CausalLm | undefined;
  try {
    tuned = await loadModel(folders.tuned);
    return await evidenceOf(name, { base, tuned }, context);
  } catch (error) {
    await Promise.all([base.dispose(), tuned?.dispose()]);
    throw error;
  }
}

async function evidenceOf(
  name: string,
  models: { readonly base: CausalLm; readonly tuned: CausalLm },
  { config, tokenizer, progress, signal }: EvidenceContext,
): Promise<Evidence> {
  const { audit, seed } = config;
  const rng = (stream: string) => Rng.fromSeed(seed, "benchmark", name, stream);
  const held = (model: CausalLm): ReadPair["base"] => ({ config: model.config, inMemory: (work) => work(model) });
  const pair = { base: held(models.base), tuned: held(models.tuned) };
  const prompts = await auditPrompts({ config, signal }, tokenizer, undefined);
  const samples = await samplePair({ config, rng, progress, signal }, pair, tokenizer, prompts);
  const corpus = await partTokens(config, "frequency", tokenizer, {
    ...{ maxTokens: audit.textTokens, minTokens: 2, limit: audit.texts, signal },
  });
  const texts = await readPair({ progress, signal }, pair, tokenizer, { prompts, samples, rows: corpus });
  const words = lexiconWords(tokenizer);
  const marks = new MarkedTexts(
    hypotheses,
    texts.map(({ ids }) => ids),
    words,
  );
  const read: PairEvidence = {
    config,
    name,
    ...models,
    tokenizer,
    words,
    prompts: prompts.map(({ ids }) => ids),
    corpus,
    texts,
    marks,
    signal,
  };
  let features: Promise<LabelledFeatures> | undefined;
  return {
    ...read,
    features() {
      features ??= labelledFeatures(read);
      return features;
    },
  };
}
