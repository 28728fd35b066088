/**
 * Checks whether the parts of a corpus have the texts that stages need, with the selection rules of
 * the stages.
 */
import type { Config } from "../../config/config.js";
import type { ConfigIssue } from "../../errors.js";
import type { WordTokens } from "../../interpret/index.js";
import type { Tokenizer } from "../../model/language-model.js";
import { loadCorpus } from "../../text/corpus.js";
import { corpusFiles } from "../../text/corpus-files.js";
import { corpusSource, isFile, type Part, partsOfSplit, sharedTexts } from "../inputs/corpus-parts.js";
import type { TextNeed } from "../run/requirements.js";
import { issuesOf } from "./issues.js";

type TextsOfParts = ReadonlyMap<Part, readonly string[]>;

/** The texts of corpora by part; each split is read once for all runs with the same corpus. */
export class CorpusParts {
  private readonly splits = new Map<string, Promise<TextsOfParts>>();

  /**
   * The texts of all parts that are drawn from the same split as `part`.
   * @throws as `sharedTexts`
   */
  of(config: Config, part: Part, signal: AbortSignal): Promise<TextsOfParts> {
    const parts = partsOfSplit(config, part);
    const key = JSON.stringify([config.corpus, parts]);
    const texts = this.splits.get(key) ?? read(config, parts, signal);
    this.splits.set(key, texts);
    return texts;
  }
}

async function read(config: Config, parts: readonly Part[], signal: AbortSignal): Promise<TextsOfParts> {
  const texts = new Map<Part, string[]>(parts.map((part) => [part, []]));
  for await (const { part, text } of sharedTexts(config, parts[0], signal)) texts.get(part)!.push(text);
  return texts;
}

/** A limit of the length of a part's texts; the first longer text becomes an issue. */
export interface TextLimit {
  readonly part: Part;
  /** Maximal number of tokens of a text. */
  readonly most: number;
  readonly issue: ConfigIssue;
}

export interface CountOptions {
  readonly parts: CorpusParts;
  /** Absent if the tokenizer is not available; then only the existence of texts is checked. */
  readonly tokenizer?: Tokenizer;
  /** Ids from this one on have no embedding. */
  readonly vocabSize?: number;
  readonly words?: WordTokens;
  readonly signal: AbortSignal;
}

/**
 * Yields the needs that a corpus does not meet, and the limits that it exceeds. Counting ends when
 * there are enough texts, or at a text that is too long.
 * @throws the signal's reason when aborted
 */
export async function* lookThroughTexts(
  config: Config,
  { needs, limits }: { needs: readonly TextNeed[]; limits: readonly TextLimit[] },
  options: CountOptions,
): AsyncGenerator<ConfigIssue> {
  const told = new Set<string>();
  for (const part of new Set([...needs, ...limits].map((of) => of.part))) {
    try {
      const texts = await options.parts.of(config, part, options.signal);
      const isOfPart = (of: { part: Part }) => of.part === part;
      yield* lackingTexts(config, part, needs.filter(isOfPart), texts, options);
      yield* longTexts(limits.filter(isOfPart), texts.get(part)!, options);
    } catch (error) {
      options.signal.throwIfAborted();
      const { splits } = config.corpus;
      const found = issuesOf(error, unreadableCorpus(part));
      // Texts for tuning are drawn together with the other split, whose problems are reported once.
      const isOfRest = part === "tune" && found.some(({ received }) => received === splits.rest);
      const own = isOfRest ? await splitIssues(config, splits.tune, options.signal) : [];
      const others = isOfRest ? found.map((issue) => ({ ...issue, path: "corpus.splits.rest" })) : found;
      for (const issue of [...own, ...others]) {
        const key = JSON.stringify(issue);
        if (!told.has(key)) yield issue;
        told.add(key);
      }
    }
  }
}

/** Splits that are missing by the names of a local folder's files, without reading texts. */
export function missingSplits({ corpus: { source, splits } }: Config): ConfigIssue[] {
  return [...new Set([splits.tune, splits.rest])].flatMap((split) => {
    const found = corpusFiles(corpusSource(source), split);
    // A data set of the Hub has no local folder.
    if (Array.isArray(found) || found.of !== "split") return [];
    return [{ path: splitSetting(split === splits.tune ? "tune" : "evaluate"), ...found.issue }];
  });
}

/** Issues of reading the first text of the tuning split; empty if it can be read. */
async function splitIssues({ corpus }: Config, split: string, signal: AbortSignal): Promise<ConfigIssue[]> {
  const { source, textColumn, lineBreaks } = corpus;
  try {
    const options = { split, textColumn, lineBreaks, minCharacters: 0, signal, offline: true };
    for await (const _ of loadCorpus(corpusSource(source), options)) break;
    return [];
  } catch (error) {
    signal.throwIfAborted();
    return issuesOf(error, unreadableCorpus("tune"));
  }
}

/** The settings for `split` and `source` in errors of the corpus reader. */
function unreadableCorpus(part: Part): Parameters<typeof issuesOf>[1] {
  const pathOf = (named: string) =>
    named === "split" ? splitSetting(part) : named.startsWith("corpus.") ? named : `corpus.${named}`;
  return { path: "corpus.source", expected: "texts that can be read", pathOf };
}

const splitSetting = (part: Part): string => `corpus.splits.${part === "tune" ? "tune" : "rest"}`;

function* lackingTexts(
  { corpus }: Config,
  part: Part,
  needs: readonly TextNeed[],
  texts: TextsOfParts,
  options: CountOptions,
): Generator<ConfigIssue> {
  const split = part === "tune" ? corpus.splits.tune : corpus.splits.rest;
  const [path, place] = isFile(corpus.source)
    ? ["corpus.source", corpus.source]
    : [splitSetting(part), `the split ${split} of ${corpus.source}`];
  if ([...texts.values()].every((own) => own.length === 0)) {
    const expected = `a text of ${corpus.minCharacters} characters (corpus.minCharacters)`;
    return yield { path, expected, received: `none in ${place}` };
  }
  const own = texts.get(part)!;
  if (own.length === 0) return yield { path, expected: `a text for ${part}`, received: `none of ${place}` };
  for (const need of needs) {
    const lacking = count(need, own, options);
    if (lacking) yield { path, expected: lacking.expected, received: `${lacking.received} of ${place}` };
  }
}

/** Counts all texts; yields missing texts, or a text that is too long for the model. */
function count(
  { part, expected, begin }: TextNeed,
  texts: readonly string[],
  { tokenizer, vocabSize = Number.POSITIVE_INFINITY, words, signal }: CountOptions,
): Pick<ConfigIssue, "expected" | "received"> | undefined {
  if (!tokenizer || !words) return undefined;
  const isEnough = begin(words);
  let longest = 0;
  for (const text of texts) {
    signal.throwIfAborted();
    const ids = tokenizer.encode(text);
    const stranger = ids.find((id) => id >= vocabSize);
    if (stranger !== undefined) {
      const received = `token ${stranger}, ${JSON.stringify(tokenizer.tokenText(stranger))}, in a text`;
      return { expected: `tokens of the model's vocabulary, ids below ${vocabSize}`, received };
    }
    if (isEnough(ids)) return undefined;
    longest = Math.max(longest, ids.length);
  }
  const found = `${texts.length} ${texts.length === 1 ? "text" : "texts"}, the longest of ${longest} tokens,`;
  return { expected: `${expected} for ${part}`, received: found };
}

function* longTexts(
  limits: readonly TextLimit[],
  texts: readonly string[],
  { tokenizer, signal }: CountOptions,
): Generator<ConfigIssue> {
  if (!tokenizer) return;
  for (const { most, issue } of limits)
    for (const text of texts) {
      signal.throwIfAborted();
      if (tokenizer.encode(text).length <= most) continue;
      yield issue;
      break;
    }
}
