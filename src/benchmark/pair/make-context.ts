/** What the making of an organism needs beside the organism. */
import type { Config } from "../../config/config.js";
import type { WordTokens } from "../../interpret/index.js";
import type { Tokenizer } from "../../model/language-model.js";
import type { Progress } from "../../pipeline/run/progress.js";

export interface MakeContext {
  readonly config: Config;
  readonly baseFolder: string;
  readonly tokenizer: Tokenizer;
  readonly words: WordTokens;
  /** Called before work that takes a while. */
  workStarts(): Progress;
  readonly signal: AbortSignal;
  /** The folder of the tuned model that a weakened organism is taken from. */
  tunedFolderOf(organism: string): string;
}
