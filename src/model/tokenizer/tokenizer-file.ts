/** The files of a tokenizer, and the library that parses them. */
import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { FormatError } from "../../errors.js";
import { messageOf, readJson } from "../../io/atomic.js";
import { isObject } from "../../io/json-object.js";
import { shown } from "../../io/shown-value.js";

export type Json = Readonly<Record<string, unknown>>;

/**
 * The used part of @huggingface/tokenizers, whose own declarations do not resolve under NodeNext.
 */
export interface TokenizerLibrary {
  normalizer: ((text: string) => string) | null;
  /** `section_index` counts the parts of a text between its special tokens. */
  pre_tokenizer: ((text: string, options?: { readonly section_index?: number }) => string[]) | null;
  readonly model: {
    /** Token of each id; ids without a token are holes. */
    readonly vocab: readonly (string | undefined)[];
    encode(pieces: readonly string[]): string[];
  };
  /** A token without an id is undefined. */
  encode(text: string): { ids: (number | undefined)[] };
  decode(ids: readonly number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_added_tokens_decoder(): Map<number, { content: string; special: boolean }>;
}

/** @throws FormatError when the library rejects the tokenizer */
export function openLibrary(json: Json, config: Json, file: string): TokenizerLibrary {
  try {
    return new HubTokenizer(json, config) as TokenizerLibrary;
  } catch (cause) {
    throw new FormatError(file, `not a tokenizer: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Splits texts by a `Split` of tokenizer.json, whose regular expressions are of another dialect.
 * @throws FormatError when the rule is not supported
 */
export function splitRule(split: Json, file: string): (text: string) => string[] {
  const nothing = { added_tokens: [], normalizer: null, post_processor: null, decoder: null };
  const model = { type: "BPE", vocab: {}, merges: [] };
  const rule = openLibrary({ ...nothing, model, pre_tokenizer: split }, {}, file).pre_tokenizer!;
  return (text) => rule(text);
}

/** Letters of several scripts, digits, marks, spaces, line breaks and a surrogate pair. */
const PROBE = "Don't probe 12.5 of\n\t \u00e9\u6f22\u5b57 \u{1f642}!";

/**
 * Token ids of texts by a library object. Encodes a probe first, since unsupported rules of
 * normalising or splitting show only in use.
 * @throws FormatError, at once or from the returned function, when a text cannot be encoded
 */
export function encoder(library: TokenizerLibrary, file: string): (text: string) => number[] {
  const encode = (text: string): number[] => {
    let ids: (number | undefined)[];
    try {
      ids = library.encode(text).ids;
    } catch (cause) {
      throw new FormatError(file, `the tokenizer cannot be used: ${messageOf(cause)}`, { cause });
    }
    const wrong = ids.indexOf(undefined);
    if (wrong < 0) return ids as number[];
    throw new FormatError(file, `the tokenizer puts a token into texts that has no id, the ${wrong + 1}. of a text`, {
      help: "post_processor and model.unk_token may name tokens of the vocabulary only",
    });
  };
  for (const text of ["", PROBE]) encode(text);
  return encode;
}

/** A special token of tokenizer_config.json: its text, or an object with it. */
export function tokenContent(token: unknown): string | undefined {
  const content = isObject(token) ? token.content : token;
  return typeof content === "string" ? content : undefined;
}

/**
 * @throws FormatError when the file is missing, not a regular file, a Git LFS pointer, or not a
 *   JSON object
 */
export async function readObject(file: string): Promise<Json> {
  const json = await readJson(file);
  if (!isObject(json)) throw new FormatError(file, `expected a JSON object, received ${shown(json)}`);
  return json;
}

/** Like readObject; undefined when there is no such file. */
export async function readOptionalObject(file: string): Promise<Json | undefined> {
  try {
    return await readObject(file);
  } catch (error) {
    const { cause } = error as FormatError;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw error;
  }
}
