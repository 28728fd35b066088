/** Learns the vocabulary of byte-level BPE from texts. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ConfigError, type ConfigIssue } from "../../errors.js";
import { type Merge, MergeLearner } from "./bpe-merges.js";
import { BYTE_CHARACTERS, detach, splitPieces, toByteCharacters } from "./byte-level.js";

/** Size and special tokens of a vocabulary that is trained. */
export interface TrainBpeOptions {
  /**
   * Size of the vocabulary, special tokens and the 256 bytes included. Smaller if the texts have
   * too few pairs.
   */
  readonly vocabSize: number;
  /** These have the first ids, in this order. Default `["<|endoftext|>"]`, id 0, as in GPT-NeoX. */
  readonly specialTokens?: readonly string[];
  /** Less frequent pairs are not merged. Default 1. */
  readonly minFrequency?: number;
  readonly signal?: AbortSignal;
  /** Called at intervals with the number of counted texts, then with the number of merges. */
  readonly onProgress?: (part: "texts" | "merges", done: number) => void;
}

/** A byte-level BPE tokenizer in the form of tokenizer.json. */
export interface TokenizerJson {
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: null;
  readonly pre_tokenizer: ByteLevelJson;
  readonly post_processor: null;
  readonly decoder: ByteLevelJson;
  readonly model: BpeModelJson;
}

export interface AddedTokenJson {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

export interface ByteLevelJson {
  readonly type: "ByteLevel";
  readonly add_prefix_space: boolean;
  readonly trim_offsets: boolean;
  readonly use_regex: boolean;
}

export interface BpeModelJson {
  readonly type: "BPE";
  readonly dropout: null;
  readonly unk_token: null;
  readonly continuing_subword_prefix: null;
  readonly end_of_word_suffix: null;
  readonly fuse_unk: boolean;
  readonly byte_fallback: boolean;
  readonly ignore_merges: boolean;
  /** Token, its bytes as characters (`toByteCharacters`) -> id. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Left and right token, in the order of merging. */
  readonly merges: readonly (readonly [string, string])[];
}

/** Amount of work between checks of the signal. */
const TEXTS_PER_TURN = 256;
const MERGES_PER_TURN = 16;

/**
 * Trains byte-level BPE: the most frequent pair of tokens within a piece becomes a token, until
 * there are `vocabSize`. Vocabulary and merges equal those of `BpeTrainer` of Python's tokenizers
 * 0.23 with `ByteLevel(add_prefix_space=False)` and its alphabet, ties included. Memory grows with
 * the number of distinct pieces, not with the texts.
 * @throws ConfigError when vocabSize is too small for the bytes and special tokens, or a special
 *   token is blank or repeated
 * @see Sennrich et al. 2016, arXiv:1508.07909; Radford et al. 2019, section 2.2
 */
export async function trainBpe(texts: AsyncIterable<string>, options: TrainBpeOptions): Promise<TokenizerJson> {
  const { vocabSize, specialTokens = ["<|endoftext|>"], minFrequency = 1, signal, onProgress } = options;
  checkOptions(vocabSize, specialTokens, minFrequency);
  const pieces = await countPieces(texts, options);

  // Bytes in the order of their characters, as numbered by the reference implementation.
  const tokens = [...new Set([...specialTokens, ...[...BYTE_CHARACTERS].sort()])];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const words = [...pieces.keys()].map((piece) => Array.from(toByteCharacters(piece), (byte) => ids.get(byte)!));
  const learner = new MergeLearner(words, [...pieces.values()], vocabSize);

  const merges: Merge[] = [];
  while (tokens.length < vocabSize) {
    if (merges.length % MERGES_PER_TURN === 0) await nextTurn();
    signal?.throwIfAborted();
    const pair = learner.next();
    if (pair === undefined || pair.count < Math.max(1, minFrequency)) break;
    // Two pairs may spell the same token, e.g. "a" + "bc" and "ab" + "c".
    const text = tokens[pair.left] + tokens[pair.right];
    const token = ids.get(text) ?? tokens.push(text) - 1;
    ids.set(text, token);
    const merge = { left: pair.left, right: pair.right, token };
    learner.apply(merge, pair.words);
    merges.push(merge);
    if (merges.length % MERGES_PER_TURN === 0) onProgress?.("merges", merges.length);
  }
  onProgress?.("merges", merges.length);
  return toTokenizerJson(specialTokens, tokens, merges);
}

function checkOptions(vocabSize: number, specialTokens: readonly string[], minFrequency: number): void {
  const issues: ConfigIssue[] = [];
  const smallest = new Set([...specialTokens, ...BYTE_CHARACTERS]).size;
  if (!Number.isInteger(vocabSize) || vocabSize < smallest) {
    const expected = `an integer of at least ${smallest} (256 bytes and the special tokens)`;
    issues.push({ path: "vocabSize", expected, received: String(vocabSize) });
  }
  if (new Set(specialTokens).size < specialTokens.length || specialTokens.some((token) => token.trim() === "")) {
    const received = JSON.stringify(specialTokens);
    issues.push({ path: "specialTokens", expected: "different texts that are not blank", received });
  }
  if (!Number.isInteger(minFrequency) || minFrequency < 0) {
    issues.push({ path: "minFrequency", expected: "an integer of at least 0", received: String(minFrequency) });
  }
  if (issues.length > 0) throw new ConfigError("trainBpe", issues);
}

/** Number of occurrences of each piece. Special tokens in a text are treated like other text. */
async function countPieces(texts: AsyncIterable<string>, options: TrainBpeOptions): Promise<Map<string, number>> {
  const { signal, onProgress } = options;
  const counts = new Map<string, number>();
  let done = 0;
  for await (const text of texts) {
    for (const piece of splitPieces(text)) {
      const count = counts.get(piece);
      counts.set(count === undefined ? detach(piece) : piece, (count ?? 0) + 1);
    }
    if (++done % TEXTS_PER_TURN === 0) {
      await nextTurn();
      signal?.throwIfAborted();
      onProgress?.("texts", done);
    }
  }
  signal?.throwIfAborted();
  onProgress?.("texts", done);
  return counts;
}

function toTokenizerJson(specialTokens: readonly string[], tokens: readonly string[], merges: Merge[]): TokenizerJson {
  // A pair that was merged twice has its later position.
  const pairs = new Map<string, readonly [string, string]>();
  for (const { left, right } of merges) {
    pairs.delete(`${left} ${right}`);
    pairs.set(`${left} ${right}`, [tokens[left], tokens[right]]);
  }
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [...pairs.values()],
    },
  };
}
