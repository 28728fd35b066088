/** Divides the texts of a run into disjoint parts, one per purpose. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { assetPath } from "../../assets.js";
import type { Config } from "../../config/config.js";
import { RunError } from "../../errors.js";
import type { Tokenizer } from "../../model/language-model.js";
import { Rng } from "../../rng.js";
import { loadCorpus } from "../../text/corpus.js";

export type Part = keyof Config["corpus"]["texts"];

const held: readonly Part[] = ["dictionaries", "triples", "evaluate", "frequency"];

/** The name of a corpus; `embedded` becomes the folder of the texts in the package. */
export function corpusSource(source: string): string {
  return source === "embedded" ? join(assetPath("embedded"), "corpus") : source;
}

/** The part with the lowest share of its texts (ties: the first), or undefined when all are full. */
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

/** A text with its place in the random order. */
interface Drawn {
  place: number;
  id: number;
  text: string;
}

/**
 * `count` texts drawn from a whole stream, in random order. A text's place depends only on its row
 * number, so every stage and every seed of a run draws the same. Memory: twice the drawn texts.
 */
async function drawTexts(texts: AsyncIterable<{ text: string; id: number }>, count: number): Promise<string[]> {
  let drawn: Drawn[] = [];
  const keepFirst = () => {
    drawn.sort((a, b) => a.place - b.place || a.id - b.id);
    drawn = drawn.slice(0, count);
  };
  for await (const { text, id } of texts) {
    drawn.push({ place: Rng.fromSeed(0, "order of texts", String(id)).uint32(), id, text });
    if (drawn.length >= 2 * count) keepFirst();
  }
  keepFirst();
  return drawn.map(({ text }) => text);
}

/**
 * The texts of one part. They are drawn from the whole split, since many data sets are sorted: the
 * first half of the IMDb reviews of section 4.1 is negative, the second positive. Texts are assigned
 * to parts in proportion to their sizes, so a corpus that is too small gives every part its share.
 * With one split for all, or one file, this includes the part for tuning.
 */
export async function* partTexts(config: Config, part: Part, signal?: AbortSignal): AsyncGenerator<string> {
  const { splits, texts: sizes, source, minCharacters, lineBreaks } = config.corpus;
  const isFile = statSync(corpusSource(source), { throwIfNoEntry: false })?.isFile();
  const oneSplit = isFile || splits.tune === splits.rest;
  const parts: readonly Part[] = oneSplit ? ["tune", ...held] : part === "tune" ? ["tune"] : held;
  const filled = new Map<Part, number>(parts.map((name) => [name, 0]));
  const split = part === "tune" ? splits.tune : splits.rest;
  // What comes from the Hub was downloaded when the run began.
  const options = { split, minCharacters, lineBreaks, signal, offline: true };
  const wanted = parts.reduce((sum, name) => sum + sizes[name], 0);
  for (const text of await drawTexts(loadCorpus(corpusSource(source), options), wanted)) {
    const next = nextPart(parts, filled, sizes)!;
    filled.set(next, filled.get(next)! + 1);
    if (next === part) yield text;
  }
}

/** Maximal number of triples: the configured number, at most one per text. */
export function mostTriples({ triples, corpus }: Config): number {
  return Math.min(triples.count, corpus.texts.triples);
}

/**
 * Token ids of a part's texts, each cut to `maxTokens`.
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
