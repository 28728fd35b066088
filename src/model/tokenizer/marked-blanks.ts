/**
 * BPE of SentencePiece (Kudo & Richardson 2018, arXiv:1808.06226), converted to a tokenizer.json:
 * tokens are characters, a space is U+2581, and a character without token is replaced by the tokens
 * <0x00> to <0xFF> of its UTF-8 bytes.
 */
import { throwProblems } from "../../io/file-problems.js";
import { isObject } from "../../io/json-object.js";
import { shown } from "../../io/shown-value.js";
import type { Json, TokenizerLibrary } from "./tokenizer-file.js";

const BLANK = "\u2581";

type Step = (tokens: readonly string[]) => string[];

/** Texts of tokens; every id must have a token. */
export interface TokenTexts {
  /**
   * The text of consecutive tokens, as in the reference implementation: without the space that
   * encoding put before the text.
   */
  text(ids: readonly number[]): string;
  /** The text of one token alone, with its space. */
  alone(id: number): string;
  /** The token with exactly this text, if there is one. */
  tokenOf(text: string): string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One text, or U+FFFD per byte if the bytes are not valid UTF-8. */
function textOfBytes(bytes: readonly number[]): string[] {
  try {
    return [utf8.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => "\uFFFD");
  }
}

const joinBytes: Step = (tokens) => {
  const joined: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) joined.push(...textOfBytes(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const [, byte] = /^<0x([0-9A-Fa-f]{2})>$/.exec(token) ?? [];
    if (byte !== undefined) {
      bytes.push(Number.parseInt(byte, 16));
      continue;
    }
    flush();
    joined.push(token);
  }
  flush();
  return joined;
};

function strip(token: string, content: string, start: number, stop: number): string {
  let [from, to] = [0, token.length];
  for (let i = 0; i < start && content !== "" && token.startsWith(content, from); i++) from += content.length;
  for (let i = 0; i < stop && content !== "" && token.endsWith(content, to) && to > from; i++) to -= content.length;
  return token.slice(from, Math.max(from, to));
}

/**
 * A step of decoding; undefined for an unknown one.
 * @param alone for one token alone, which keeps its space
 */
function stepOf(decoder: Json, alone: boolean): Step | undefined {
  const { type, pattern, content } = decoder;
  if (type === "ByteFallback") return joinBytes;
  if (type === "Fuse") return (tokens) => [tokens.join("")];
  if (type === "Replace" && isObject(pattern) && typeof pattern.String === "string" && typeof content === "string") {
    const from = pattern.String;
    return (tokens) => tokens.map((token) => token.replaceAll(from, content));
  }
  if (type === "Strip" && typeof content === "string") {
    const [start, stop] = [Number(decoder.start ?? 0), Number(decoder.stop ?? 0)];
    return (tokens) => (alone ? [...tokens] : tokens.map((token) => strip(token, content, start, stop)));
  }
  if (type === "Metaspace" && decoder.replacement === BLANK) {
    // Encoding put a space before the text: the first token loses its spaces, as in the reference.
    const takesFirst = !alone && decoder.prepend_scheme !== "never";
    return (tokens) => tokens.map((token, i) => token.replaceAll(BLANK, i === 0 && takesFirst ? "" : " "));
  }
  return undefined;
}

function stepsOf(decoder: unknown): unknown[] {
  if (!isObject(decoder)) return [decoder];
  return decoder.type === "Sequence" && Array.isArray(decoder.decoders) ? decoder.decoders : [decoder];
}

/** @throws FormatError when tokenizer.json has an unknown decoder or rule of splitting */
export function checkMarkedBlanks({ decoder, pre_tokenizer: pre, normalizer }: Json, file: string): void {
  const unknown = stepsOf(decoder).filter((step) => !isObject(step) || stepOf(step, false) === undefined);
  // Gemma's rule splits at spaces, but its normalizer leaves none.
  const isIdle = isObject(pre) && pre.type === "Split" && isObject(pre.pattern) && pre.pattern.String === " ";
  const replaces = JSON.stringify(normalizer ?? null).includes(`"content":${JSON.stringify(BLANK)}`);
  const isKnown = pre === null || pre === undefined || isMetaspace(pre) || (isIdle && replaces);
  throwProblems(file, [
    ...unknown.map(
      (step) => `decoder: expected Replace, ByteFallback, Fuse, Strip or Metaspace, received ${shown(step)}`,
    ),
    ...(isKnown ? [] : [`pre_tokenizer: expected none or Metaspace with blanks as ${BLANK}, received ${shown(pre)}`]),
  ]);
}

function isMetaspace(pre: unknown): pre is Json {
  return isObject(pre) && pre.type === "Metaspace" && (pre.replacement ?? BLANK) === BLANK;
}

/** Replaces the library's Metaspace splitting, which does not split at spaces. */
export function useMarkedBlanks(library: TokenizerLibrary, pre: unknown): void {
  if (!isMetaspace(pre)) {
    library.pre_tokenizer = null;
    return;
  }
  const scheme = pre.prepend_scheme ?? (pre.add_prefix_space === false ? "never" : "always");
  library.pre_tokenizer = (text, options) => {
    const marked = text.replaceAll(" ", BLANK);
    const begins = scheme === "always" || (scheme === "first" && options?.section_index === 0);
    const whole = begins && !marked.startsWith(BLANK) ? BLANK + marked : marked;
    return pre.split === false ? [whole] : (whole.match(/\u2581[^\u2581]*|[^\u2581]+/g) ?? []);
  };
}

/**
 * Texts of the tokens of a tokenizer.json that passed `checkMarkedBlanks`.
 * @param vocab token of each id
 */
export function markedBlankTexts({ decoder }: Json, vocab: TokenizerLibrary["model"]["vocab"]): TokenTexts {
  const chain = (alone: boolean): ((ids: readonly number[]) => string) => {
    const steps = stepsOf(decoder).map((step) => stepOf(step as Json, alone)!);
    return (ids) =>
      steps
        .reduce<readonly string[]>(
          (parts, step) => step(parts),
          ids.map((id) => vocab[id]!),
        )
        .join("");
  };
  const [text, alone] = [chain(false), chain(true)];
  return { text, alone: (id) => alone([id]), tokenOf: (of) => of.replaceAll(" ", BLANK) };
}
