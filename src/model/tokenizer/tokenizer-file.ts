/** The files of a tokenizer, and the library that reads them. */
import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { FormatError } from "../../errors.js";
import { messageOf, readJson } from "../../io/atomic.js";
import { isObject } from "../../io/json-object.js";

export type Json = Readonly<Record<string, unknown>>;

/** What is used of @huggingface/tokenizers, whose own declarations do not resolve under NodeNext. */
export interface TokenizerLibrary {
  normalizer: ((text: string) => string) | null;
  pre_tokenizer: (text: string) => string[];
  readonly model: {
    /** Token of each id; ids without a token are holes. */
    readonly vocab: readonly (string | undefined)[];
    encode(pieces: readonly string[]): string[];
  };
  encode(text: string): { ids: number[] };
  decode(ids: readonly number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_added_tokens_decoder(): Map<number, { content: string; special: boolean }>;
}

/** @throws FormatError when the library finds that this is no tokenizer */
export function openLibrary(json: Json, config: Json, file: string): TokenizerLibrary {
  try {
    return new HubTokenizer(json, config) as TokenizerLibrary;
  } catch (cause) {
    throw new FormatError(file, `not a tokenizer: ${messageOf(cause)}`, { cause });
  }
}

/** A special token of tokenizer_config.json: its text, or an object that has it. */
export function tokenContent(token: unknown): string | undefined {
  const content = isObject(token) ? token.content : token;
  return typeof content === "string" ? content : undefined;
}

/** @throws FormatError when the file is missing, or not a JSON object */
export async function readObject(file: string): Promise<Json> {
  const json = await readJson(file);
  if (!isObject(json)) throw new FormatError(file, `expected a JSON object, received ${JSON.stringify(json)}`);
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
