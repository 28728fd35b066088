/** The tokenizer of a model folder: byte-level BPE as tokenizer.json describes it. */
import { join } from "node:path";
import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { FormatError } from "../errors.js";
import { messageOf, readJson } from "../io/atomic.js";
import { detach, splitPieces, toByteCharacters } from "./byte-level.js";
import type { Tokenizer } from "./language-model.js";

/** What is used of @huggingface/tokenizers, whose own declarations do not resolve under NodeNext. */
interface Library {
  pre_tokenizer: (text: string) => string[];
  readonly model: {
    /** Token of each id; ids without a token are holes. */
    readonly vocab: readonly (string | undefined)[];
    encode(pieces: readonly string[]): string[];
  };
  encode(text: string): { ids: number[] };
  decode(ids: readonly number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_added_tokens_decoder(): Map<number, { content: string }>;
}

type Json = Readonly<Record<string, unknown>>;

/** A piece that occurs again is mostly a word; few are longer. */
const LONGEST_KNOWN_PIECE = 64;
/** About 10 MB. */
const MOST_KNOWN_PIECES = 1 << 16;

/**
 * The tokenizer of a local folder in the Hub's layout: tokenizer.json, and tokenizer_config.json where there is one, which
 * names the end-of-text token. `encode` adds what the post-processor of tokenizer.json says (nothing for GPT-2 and
 * GPT-NeoX), finds special tokens written out in the text, and reads a lone surrogate as U+FFFD. `decode` is its
 * inverse: it keeps special tokens and every blank. Bytes that are not whole characters decode to U+FFFD, ids without a
 * token (an embedding may have more rows than there are tokens) to nothing.
 * @throws FormatError when a file is malformed, tokenizer.json is missing or describes another kind of tokenizer
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const file = join(folder, "tokenizer.json");
  const json = await readObject(file);
  const configFile = join(folder, "tokenizer_config.json");
  const config = (await readOptionalObject(configFile)) ?? {};
  const library = createLibrary(json, config, file);
  const added = new Set([...library.get_added_tokens_decoder().values()].map(({ content }) => content));
  const { vocab } = library.model;

  const tokenId = (text: string) => library.token_to_id(added.has(text) ? text : toByteCharacters(text));
  const decode = (ids: readonly number[]) => {
    const known = ids.filter((id) => vocab[id] !== undefined);
    return known.length === 0 ? "" : library.decode(known, { clean_up_tokenization_spaces: false });
  };
  const eos = tokenContent(config.eos_token);
  const eosTokenId = eos === undefined ? null : tokenId(eos);
  if (eosTokenId === undefined) {
    const received = JSON.stringify(eos);
    throw new FormatError(configFile, `eos_token: expected a token of tokenizer.json, received ${received}`);
  }
  return {
    vocabSize: vocab.length,
    eosTokenId,
    encode: (text) => (text === "" ? encodeNothing(library) : library.encode(text).ids),
    decode,
    tokenText: (id) => decode([id]),
    tokenId,
  };
}
