/** The texts of a run, shared out so that no text serves two purposes. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { assetPath } from "../assets.js";
import { RunError } from "../errors.js";
import type { Tokenizer } from "../model/language-model.js";
import { loadCorpus } from "../text/corpus.js";
import type { Config } from "./config.js";

export type Part = keyof Config["corpus"]["texts"];

const held: readonly Part[] = ["dictionaries", "triples", "evaluate", "frequency"];

/** The name of a corpus, with the folder in place of `embedded`, which ships with the package. */
export function corpusSource(source: string): string {
  return source === "embedded" ? join(assetPath("embedded"), "corpus") : source;
}

/** The part that is least filled for its size, or undefined when all are full. The first of equals. */
function nextPart(
  parts: readonly Part[],
  filled: ReadonlyMap<Part, number>,
  sizes: Config["corpus"]["texts"],
): Part | undefined {
  const open = parts.filter((part) => filled.get(part)! < sizes[part]);
  const share = (part: Part): number => filled.get(part)! / sizes[part];
  return open.reduce<Part | undefined>(
    (best, part) => (best === undefined || share(part) < share(best) ? part : best),
    undefined,
  );
}

/**
 * The texts of one part, in corpus order. Texts go to the parts in proportion to their sizes, so a corpus that is too small
 * gives every part its share; with one split for all, or one file, tuning takes part in that too.
 */
export async function* partTexts(config: Config, part: Part, signal?: AbortSignal): AsyncGenerator<string> {
  const { splits, texts: sizes, source, minCharacters, lineBreaks } = config.corpus;
  const isFile = statSync(corpusSource(source), { throwIfNoEntry: false })?.isFile();
  const oneSplit = isFile || splits.tune === splits.rest;
  const parts: readonly Part[] = oneSplit ? ["tune", ...held] : part === "tune" ? ["tune"] : held;
  const filled = new Map<Part, number>(parts.map((name) => [name, 0]));
  const split = part === "tune" ? splits.tune : splits.rest;
  let given = 0;
  // What comes from the Hub was downloaded when the run began.
  const options = { split, minCharacters, lineBreaks, signal, offline: true };
  for await (const { text } of loadCorpus(corpusSource(source), options)) {
    const next = nextPart(parts, filled, sizes);
    if (next === undefined || given === sizes[part]) break;
    filled.set(next, filled.get(next)! + 1);
    if (next !== part) continue;
    given++;
    yield text;
  }
}

/**
 * Token ids of the texts of a part, each cut to `maxTokens`.
 * @throws RunError when no text has `minTokens` tokens
 */
export async function partTokens(
  config: Config,
  part: Part,
  tokenizer: Tokenizer,
  {
    maxTokens,
    minTokens = 1,
    limit = Number.POSITIVE_INFINITY,
    signal,
  }: { maxTokens: number; minTokens?: number; limit?: number; signal?: AbortSignal },
): Promise<number[][]> {
  const rows: number[][] = [];
  for await (const text of partTexts(config, part, signal)) {
    const ids = tokenizer.encode(text).slice(0, maxTokens);
    if (ids.length >= minTokens) rows.push(ids);
    if (rows.length >= limit) break;
  }
  if (rows.length === 0)
    throw new RunError(`no text of ${config.corpus.source} for ${part} has ${minTokens} tokens`, {
      help: "use a larger corpus or a smaller corpus.minCharacters",
    });
  return rows;
}
