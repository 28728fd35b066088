/** Divides the texts of a run into parts, so that no text is used for two purposes. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { assetPath } from "../../assets.js";
import type { Config } from "../../config/config.js";
import { ConfigError, RunError } from "../../errors.js";
import type { Tokenizer } from "../../model/language-model.js";
import { Rng } from "../../rng.js";
import { loadCorpus } from "../../text/corpus.js";

export type Part = keyof Config["corpus"]["texts"];

const held: readonly Part[] = ["dictionaries", "triples", "evaluate", "frequency"];

/** The name of a corpus; `embedded` becomes the folder of the package's texts. */
export function corpusSource(source: string): string {
  return source === "embedded" ? join(assetPath("embedded"), "corpus") : source;
}

/**
 * The part with the lowest share of its texts (the first of equals), or undefined when all are
 * full.
 */
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
 * A drawn text with its first position in the random order, and the number of further rows with the
 * same text.
 */
interface Drawn {
  place: number;
  id: number;
  text: string;
  repeats: number;
}

/**
 * Texts in random order, and the number of rows that were left out because another part has their
 * text.
 */
interface DrawnTexts {
  texts: string[];
  repeats: number;
}

/** Receives the number of the corpus's rows that are left out as repeated texts. */
export type OnRepeats = (rows: number) => void | Promise<void>;

/** Logs the number of rows that are left out as repeated texts, if there are any. */
export function logRepeats(rows: number, log: (line: string) => void): void {
  if (rows > 0) log(`${rows} rows of the corpus are left out, since their texts are used already`);
}

/** 16 bytes of a text's SHA-256, to compare texts; collisions are negligible. */
function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest().toString("latin1", 0, 16);
}

/**
 * Draws `count` distinct texts from a whole stream, in random order. The position of a row depends
 * only on its number, so all stages and all seeds draw the same texts. Of rows with the same text,
 * the first in that order is used. Memory: twice the drawn texts, regardless of the stream's
 * length.
 * @param without digests of texts that must not be drawn
 */
async function drawTexts(
  rows: AsyncIterable<{ text: string; id: number }>,
  count: number,
  without: ReadonlySet<string> = new Set(),
): Promise<DrawnTexts> {
  let drawn = new Map<string, Drawn>();
  let repeats = 0;
  const first = (): Drawn[] => [...drawn.values()].sort((a, b) => a.place - b.place || a.id - b.id).slice(0, count);
  for await (const { text, id } of rows) {
    if (without.size > 0 && without.has(digest(text))) {
      repeats++;
      continue;
    }
    const place = Rng.fromSeed(0, "order of texts", String(id)).uint32();
    const known = drawn.get(text);
    if (!known) drawn.set(text, { place, id, text, repeats: 0 });
    else {
      known.repeats++;
      if (place < known.place) Object.assign(known, { place, id });
    }
    if (drawn.size >= 2 * count) drawn = new Map(first().map((one) => [one.text, one]));
  }
  const texts = first();
  return { texts: texts.map(({ text }) => text), repeats: texts.reduce((sum, one) => sum + one.repeats, repeats) };
}

/** Whether a corpus is a single file, for which splits are ignored. */
export function isFile(source: string): boolean {
  return statSync(corpusSource(source), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The parts that are drawn from the same split as `part`, including it. */
export function partsOfSplit({ corpus: { splits, source } }: Config, part: Part): readonly Part[] {
  const oneSplit = isFile(source) || splits.tune === splits.rest;
  return oneSplit ? ["tune", ...held] : part === "tune" ? ["tune"] : held;
}

/** Draws distinct texts for several parts from a whole split. */
function drawForParts(
  { corpus }: Config,
  split: string,
  parts: readonly Part[],
  signal?: AbortSignal,
  without?: ReadonlySet<string>,
): Promise<DrawnTexts> {
  const { source, textColumn, minCharacters, lineBreaks, texts: sizes } = corpus;
  const wanted = parts.reduce((sum, name) => sum + sizes[name], 0);
  // Files from the Hub were downloaded at the beginning of the run.
  const options = { split, textColumn, minCharacters, lineBreaks, signal, offline: true };
  return drawTexts(loadCorpus(corpusSource(source), options), wanted, without);
}

/**
 * The texts of all parts that are drawn from the same split as `part`. They are drawn from the
 * whole split, since many data sets are sorted: the first half of the IMDb reviews of section 4.1
 * is negative, the second positive. If there are too few texts, each part gets a share in
 * proportion to its size. With one split for all parts, or a single file, tuning is one of these
 * parts.
 *
 * Each distinct text is used once. A text that is in both splits is removed from tuning, so that
 * the measured texts do not depend on the tuning split.
 * @param onRepeats called and awaited before the first text, with the number of removed rows
 * @throws ConfigError when this leaves no text for tuning; otherwise as `loadCorpus`
 */
export async function* sharedTexts(
  config: Config,
  part: Part,
  signal?: AbortSignal,
  onRepeats?: OnRepeats,
): AsyncGenerator<{ part: Part; text: string }> {
  const { splits, source, texts: sizes } = config.corpus;
  const parts = partsOfSplit(config, part);
  const isHeld = parts.includes(held[0]);
  const others = isHeld ? { texts: [], repeats: 0 } : await drawForParts(config, splits.rest, held, signal);
  const split = isHeld ? splits.rest : splits.tune;
  const drawn = await drawForParts(config, split, parts, signal, new Set(others.texts.map(digest)));
  const repeats = others.repeats + drawn.repeats;
  if (drawn.texts.length === 0 && drawn.repeats > 0) {
    const expected = `a split with texts that are not in ${splits.rest} too, or the same name as corpus.splits.rest`;
    const received = `${splits.tune} of ${source}, whose ${drawn.repeats} texts are all there`;
    throw new ConfigError("corpus", [{ path: "corpus.splits.tune", expected, received }]);
  }
  await onRepeats?.(repeats);
  const filled = new Map<Part, number>(parts.map((name) => [name, 0]));
  for (const text of drawn.texts) {
    const next = nextPart(parts, filled, sizes)!;
    filled.set(next, filled.get(next)! + 1);
    yield { part: next, text };
  }
}

/** The texts of one part, divided as in `sharedTexts`. */
export async function* partTexts(
  config: Config,
  part: Part,
  signal?: AbortSignal,
  onRepeats?: OnRepeats,
): AsyncGenerator<string> {
  for await (const shared of sharedTexts(config, part, signal, onRepeats)) if (shared.part === part) yield shared.text;
}

/** Maximal number of triples, each from a different text. */
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
    onRepeats,
  }: {
    maxTokens: number;
    minTokens?: number;
    limit?: number;
    signal?: AbortSignal;
    onRepeats?: OnRepeats;
  },
): Promise<number[][]> {
  const rows: number[][] = [];
  for await (const text of partTexts(config, part, signal, onRepeats)) {
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

/**
 * Prompts for measuring models: the first `promptTokens` tokens of held-out texts of at least this
 * length, at most `prompts` of them (paper, Tables 5 and 7).
 */
export function heldOutPrompts(
  config: Config,
  tokenizer: Tokenizer,
  { prompts, promptTokens }: { prompts: number; promptTokens: number },
  signal: AbortSignal,
): Promise<number[][]> {
  return partTokens(config, "evaluate", tokenizer, {
    maxTokens: promptTokens,
    minTokens: promptTokens,
    limit: prompts,
    signal,
  });
}
