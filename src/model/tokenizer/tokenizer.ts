/** The tokenizer of a model folder: BPE of bytes or of characters, by tokenizer.json. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FormatError } from "../../errors.js";
import { readText } from "../../io/atomic.js";
import { throwProblems } from "../../io/file-problems.js";
import type { HubOptions } from "../../io/hub/hub.js";
import { isObject } from "../../io/json-object.js";
import { shown } from "../../io/shown-value.js";
import type { DecodeOptions, Tokenizer } from "../language-model.js";
import { locateTokenizer } from "../resolve-model.js";
import { detach, toByteCharacters } from "./byte-level.js";
import { checkMarkedBlanks, markedBlankTexts, type TokenTexts, useMarkedBlanks } from "./marked-blanks.js";
import { pieceRule } from "./pieces.js";
import {
  encoder,
  type Json,
  openLibrary,
  readObject,
  readOptionalObject,
  type TokenizerLibrary,
  tokenContent,
} from "./tokenizer-file.js";
import { checkTable, pairOf } from "./tokenizer-table.js";

/** Repeated pieces are mostly words, and few are longer. */
const LONGEST_KNOWN_PIECE = 64;
/** Enough for the 104,000 different pieces of 20,000 reviews, which take less than 25 MB. */
const MOST_KNOWN_PIECES = 1 << 18;

/**
 * The tokenizer of `embedded`, of a local folder in the Hub's layout, or of an id on the Hub. Reads
 * tokenizer.json, or vocab.json and merges.txt of older folders; the end-of-text token is from
 * tokenizer_config.json, if it exists.
 *
 * `encode` applies the post-processor of tokenizer.json (GPT-2, GPT-NeoX and Qwen add nothing;
 * Llama, Gemma and Mistral add a token before the text), recognises special tokens in the text, and
 * replaces a lone surrogate by U+FFFD. `decode` inverts it: all spaces are kept, and special tokens
 * too unless skipped. Bytes that are not whole characters become U+FFFD. Ids without token become
 * nothing, since an embedding may have more rows than there are tokens.
 * @throws FormatError when a file is malformed, or tokenizer.json is missing or describes another
 *   kind of tokenizer; otherwise as `locateTokenizer`
 */
export async function loadTokenizer(idOrFolder: string, options: HubOptions = {}): Promise<Tokenizer> {
  return openTokenizer(await locateTokenizer(idOrFolder, options));
}

/**
 * As `loadTokenizer`, of a local folder.
 * @param own its tokenizer.json, where that has been read
 */
export async function openTokenizer(folder: string, own?: Json): Promise<Tokenizer> {
  const configFile = join(folder, "tokenizer_config.json");
  const config = (await readOptionalObject(configFile)) ?? {};
  checkConfig(config, configFile);
  const isOld = !existsSync(join(folder, "tokenizer.json")) && existsSync(join(folder, "vocab.json"));
  const file = join(folder, isOld ? "vocab.json" : "tokenizer.json");
  const json = own ?? (isOld ? await fromVocabulary(folder, config) : await readObject(file));
  const kind = checkKind(json, file);
  checkTable(json, file, isOld ? join(folder, "merges.txt") : file);
  const library = createLibrary(kind, json, config, file);
  const addedTokens = [...library.get_added_tokens_decoder()];
  const added = new Set(addedTokens.map(([, { content }]) => content));
  const special = new Set(addedTokens.flatMap(([id, token]) => (token.special ? [id] : [])));
  const { vocab } = library.model;

  const texts = kind === "bytes" ? byteTexts(library) : markedBlankTexts(json, vocab);
  const tokenId = (text: string) => library.token_to_id(added.has(text) ? text : texts.tokenOf(text));
  const decode = (ids: readonly number[], { skipSpecialTokens = false }: DecodeOptions = {}) =>
    texts.text(ids.filter((id) => vocab[id] !== undefined && !(skipSpecialTokens && special.has(id))));
  const encode = encoder(library, file);
  const eos = tokenContent(config.eos_token);
  const eosTokenId = eos === undefined ? null : tokenId(eos);
  if (eosTokenId === undefined) {
    throw new FormatError(configFile, `eos_token: expected a token of tokenizer.json, received ${shown(eos)}`);
  }
  if (eosTokenId !== null) special.add(eosTokenId);
  return {
    vocabSize: vocab.length,
    eosTokenId,
    encode,
    decode,
    tokenText: (id) => (vocab[id] === undefined ? "" : texts.alone(id)),
    tokenId,
  };
}

/** The tokenizer.json that is equivalent to the two files of GPT-2, or of RoBERTa, whose vocabulary has tokens for both ends of a text. */
async function fromVocabulary(folder: string, config: Json): Promise<Json> {
  const [vocab, mergesFile] = [await readObject(join(folder, "vocab.json")), join(folder, "merges.txt")];
  const merges = await readText(mergesFile);
  const named = (name: string, usual: string): string => tokenContent(config[name]) ?? usual;
  const [start, end] = [named("cls_token", "<s>"), named("sep_token", "</s>")];
  const isRoberta = [start, end].every((token) => Object.hasOwn(vocab, token));
  const names = isRoberta
    ? [start, end, named("pad_token", "<pad>"), named("unk_token", "<unk>"), named("mask_token", "<mask>")]
    : ["bos_token", "eos_token", "unk_token"].map((name) => named(name, "<|endoftext|>"));
  const special = [...new Set(names)].filter((token) => Object.hasOwn(vocab, token));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    added_tokens: special.map((content) => ({ id: vocab[content], content, ...flags })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: config.add_prefix_space === true },
    post_processor: isRoberta
      ? { type: "RobertaProcessing", cls: [start, vocab[start]], sep: [end, vocab[end]], trim_offsets: true }
      : null,
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", vocab, merges: merges.split(/\r?\n/).filter((line) => line && !line.startsWith("#version")) },
  };
}

/** Checks the fields of tokenizer_config.json that the library or this file reads. */
function checkConfig({ eos_token: eos, additional_special_tokens: further }: Json, file: string): void {
  const isToken = eos === undefined || eos === null || tokenContent(eos) !== undefined;
  throwProblems(file, [
    ...(isToken ? [] : [`eos_token: expected a token, received ${shown(eos)}`]),
    ...(Array.isArray(further ?? [])
      ? []
      : [`additional_special_tokens: expected a list of tokens, received ${shown(further)}`]),
  ]);
}

type Kind = "bytes" | "marked blanks";

/** @throws FormatError when tokenizer.json describes another kind of tokenizer */
function checkKind(json: Json, file: string): Kind {
  const { model, decoder } = json;
  const fields = isObject(model) ? model : {};
  // GPT-2's own file has no model type, since it is older.
  const modelKind = fields.type ?? ("merges" in fields ? "BPE" : undefined);
  const decoderKind = isObject(decoder) ? decoder.type : undefined;
  const isMarked = decoderKind !== "ByteLevel" && fields.byte_fallback === true;
  if (modelKind !== "BPE" || !(decoderKind === "ByteLevel" || isMarked)) {
    const received = `model ${shown(modelKind)}, decoder ${shown(decoderKind)}`;
    throw new FormatError(
      file,
      `expected BPE of bytes, decoder "ByteLevel", or of characters with byte_fallback; received ${received}`,
      { help: "GPT-2, GPT-NeoX, Llama, Qwen, Gemma and Mistral have such tokenizers." },
    );
  }
  const { merges, continuing_subword_prefix: prefix, dropout } = fields;
  throwProblems(file, [
    ...(Array.isArray(merges) ? [] : [`model.merges: expected a list of pairs of tokens, received ${shown(merges)}`]),
    ...(prefix ? [`model.continuing_subword_prefix: expected none, received ${shown(prefix)}`] : []),
    ...(dropout ? [`model.dropout: expected none, received ${shown(dropout)}`] : []),
  ]);
  if (isMarked) checkMarkedBlanks(json, file);
  return isMarked ? "marked blanks" : "bytes";
}

function byteTexts(library: TokenizerLibrary): TokenTexts {
  const text = (ids: readonly number[]): string =>
    ids.length === 0 ? "" : library.decode(ids, { clean_up_tokenization_spaces: false });
  return { text, alone: (id) => text([id]), tokenOf: toByteCharacters };
}

function createLibrary(kind: Kind, json: Json, config: Json, file: string): TokenizerLibrary {
  const model = json.model as Json;
  // The library assumes that all merges have the form of the first.
  const merges = (model.merges as readonly unknown[]).map(pairOf);
  const library = openLibrary({ ...json, model: { ...model, type: "BPE", merges } }, config, file);
  if (kind === "marked blanks") useMarkedBlanks(library, json.pre_tokenizer);
  else {
    const cut = pieceRule(json.pre_tokenizer, file);
    if (cut) rememberPieces(library, cut);
  }
  return library;
}

/**
 * Replaces the library's splitting into pieces, which differs at U+0085 and U+FEFF, by that of the
 * reference implementation, and caches the tokens of pieces, since texts repeat their words.
 * Normalising, special tokens and post-processing are the library's.
 */
function rememberPieces(library: TokenizerLibrary, cut: (text: string) => string[]): void {
  const { model } = library;
  const encodeBytes = model.encode.bind(model);
  const known = new Map<string, readonly string[]>();
  library.pre_tokenizer = cut;
  model.encode = (pieces) => {
    const tokens: string[] = [];
    for (const piece of pieces) {
      let found = known.get(piece);
      if (found === undefined) {
        // Uses the vocabulary's own strings: one copy in memory, and faster to look up.
        found = encodeBytes([toByteCharacters(piece)]).map((token) => model.vocab[library.token_to_id(token)!]!);
        if (known.size === MOST_KNOWN_PIECES) known.clear();
        if (piece.length <= LONGEST_KNOWN_PIECE) known.set(detach(piece), found);
      }
      for (const token of found) tokens.push(token);
    }
    return tokens;
  };
}
