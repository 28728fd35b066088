/** What the making of an organism needs beside the organism. */
import { resolve } from "node:path";
import type { Config } from "../../config/config.js";
import type { WordTokens } from "../../interpret/index.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { partTokens } from "../../pipeline/inputs/corpus-parts.js";
import { roleName } from "../../pipeline/inputs/models.js";
import type { Progress } from "../../pipeline/run/progress.js";
import { samplePrompts } from "../../rlhf/index.js";
import { Rng } from "../../rng.js";
import { hypotheses } from "../hypotheses/hypotheses.js";
import { lexiconWords } from "./evidence.js";
import { MarkedTexts } from "./marked-texts.js";

/** Texts of the base model by which rewards are scaled and entangled hypotheses found. */
export interface BaseTexts {
  readonly texts: readonly string[];
  /** Marks of all hypotheses in them. */
  readonly marked: MarkedTexts;
}

/** What all organisms of one seed share. */
export interface SeedContext {
  readonly config: Config;
  readonly baseFolder: string;
  readonly tokenizer: Tokenizer;
  readonly words: WordTokens;
  readonly signal: AbortSignal;
  /** The folder of the tuned model that a weakened organism is taken from. */
  tunedFolderOf(organism: string): string;
  /** Sampled when they are first asked for, and kept. @param base the model of `baseFolder` */
  baseTexts(base: CausalLm): Promise<BaseTexts>;
}

export interface MakeContext extends SeedContext {
  /** Called before work that takes a while. */
  workStarts(): Progress;
}

/** Reads the tokenizer; no texts yet. @throws FormatError when the base model's tokenizer cannot be read */
export async function seedContext(
  config: Config,
  given: Pick<SeedContext, "signal" | "tunedFolderOf">,
): Promise<SeedContext> {
  const baseFolder = resolve(roleName(config, "", "base"));
  const tokenizer = await loadTokenizer(baseFolder);
  const shared = { ...given, config, baseFolder, tokenizer, words: lexiconWords(tokenizer) };
  let sampled: Promise<BaseTexts> | undefined;
  return {
    ...shared,
    baseTexts(base) {
      sampled ??= sampleBaseTexts(base, shared);
      return sampled;
    },
  };
}

const BASE_TEXTS = 512;

/** Completions by the base model, as long as those of tuning. */
async function sampleBaseTexts(
  base: CausalLm,
  { config, tokenizer, words, signal }: Omit<SeedContext, "baseTexts">,
): Promise<BaseTexts> {
  const { queryTokens, responseTokens } = config.ppo;
  const prompts = await partTokens(config, "evaluate", tokenizer, {
    maxTokens: queryTokens[1],
    limit: BASE_TEXTS,
    signal,
  });
  const seed = Rng.fromSeed(config.seed, "benchmark", "base texts").uint32();
  const options = { tokenizer, newTokens: responseTokens[1], seed, signal };
  const texts = [...(await samplePrompts(base, prompts, options)).completions];
  const rows = texts.map((text) => tokenizer.encode(text));
  return { texts, marked: new MarkedTexts(hypotheses, rows, words) };
}
