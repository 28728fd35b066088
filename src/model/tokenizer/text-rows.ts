/** The tokenizer of a classifier: WordPiece or BPE, whichever its folder has, with texts cut to a length. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../io/json-object.js";
import { openTokenizer } from "./tokenizer.js";
import { readOptionalObject } from "./tokenizer-file.js";
import { loadWordPiece } from "./word-piece.js";

export interface TextRows {
  readonly vocabSize: number;
  /**
   * Token ids with what the tokenizer puts before and behind a text, at most `maxTokens` with these: a longer text is cut at its end, what
   * stands behind it is kept.
   */
  encode(text: string, maxTokens: number): number[];
}

/** Any text shows what is put around texts. */
const PROBE = "a";

/**
 * Loads the tokenizer of a classifier's local folder.
 * @throws FormatError as `loadWordPiece` or `loadTokenizer`
 */
export async function loadTextRows(folder: string): Promise<TextRows> {
  const own = await readOptionalObject(join(folder, "tokenizer.json"));
  const isWordPiece = own
    ? isObject(own.model) && own.model.type === "WordPiece"
    : !existsSync(join(folder, "vocab.json"));
  if (isWordPiece) return loadWordPiece(folder, own);
  const { vocabSize, eosTokenId, encode } = await openTokenizer(folder, own);
  const around = encode("");
  const probe = encode(PROBE);
  const before = around.findIndex((id, i) => probe[i] !== id);
  const behind = before < 0 ? [] : around.slice(before);
  return {
    vocabSize,
    encode: (text, maxTokens) => {
      const all = encode(text);
      // A text without tokens is the beginning of one, which is the end of the one before.
      if (all.length === 0) return [eosTokenId ?? 0];
      return all.length <= maxTokens ? all : [...all.slice(0, maxTokens - behind.length), ...behind];
    },
  };
}
