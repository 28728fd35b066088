/** Checks the tables of a tokenizer.json, which the library does not check. */
import { throwProblems } from "../../io/file-problems.js";
import { isObject } from "../../io/json-object.js";
import { shown, shownList } from "../../io/shown-value.js";
import { largest } from "../architectures/config-fields.js";
import type { Json } from "./tokenizer-file.js";

/** Number of example tokens per problem. */
const MOST_SHOWN = 3;

/** Collects problems, one line per kind. */
class Faults {
  private readonly found = new Map<string, string[]>();

  note(field: string, expected: string, received: string): void {
    const kind = `${field}: expected ${expected}`;
    const before = this.found.get(kind);
    if (before) before.push(received);
    else this.found.set(kind, [received]);
  }

  get problems(): string[] {
    return [...this.found].map(([kind, received]) => `${kind}, received ${shownList(received, MOST_SHOWN)}`);
  }
}

const isId = (id: unknown): id is number =>
  Number.isInteger(id) && (id as number) >= 0 && (id as number) < largest.vocabulary;
const ID = `a token id from 0 to ${largest.vocabulary - 1}`;

/**
 * Checks vocabulary, added tokens and merges: ids are numbers, each of one token; merges join
 * tokens of the vocabulary to another token of it. Ids may have gaps.
 * @param mergesFile the file of the merges, if it is a separate one
 * @throws FormatError with all problems
 */
export function checkTable(json: Json, file: string, mergesFile = file): void {
  const faults = new Faults();
  const mergeFaults = mergesFile === file ? faults : new Faults();
  const model = isObject(json.model) ? json.model : {};
  const tokens = new Map<number, string>();
  checkVocabulary(model.vocab, tokens, faults);
  checkAddedTokens(json.added_tokens, isObject(model.vocab) ? model.vocab : {}, tokens, faults);
  if (isObject(model.vocab)) checkMerges(model.merges, model.vocab, mergeFaults);
  const { unk_token: unknown } = model;
  const known = new Set(tokens.values());
  if (unknown !== undefined && unknown !== null && !known.has(unknown as string))
    faults.note("model.unk_token", "a token of the vocabulary", shown(unknown));
  checkPieces(json.pre_tokenizer, faults);
  throwProblems(file, faults.problems);
  throwProblems(mergesFile, mergeFaults.problems);
}

function checkVocabulary(vocab: unknown, tokens: Map<number, string>, faults: Faults): void {
  const entries = isObject(vocab) ? Object.entries(vocab) : [];
  if (entries.length === 0) faults.note("model.vocab", "an object of token ids", shown(vocab));
  for (const [token, id] of entries) {
    if (!isId(id)) faults.note("model.vocab", ID, `${shown(id)} of ${shown(token)}`);
    else if (tokens.has(id))
      faults.note("model.vocab", "one token per id", `id ${id} of ${shown(tokens.get(id))} and ${shown(token)}`);
    else tokens.set(id, token);
  }
}

function checkAddedTokens(added: unknown, vocab: Json, tokens: Map<number, string>, faults: Faults): void {
  if (!Array.isArray(added)) faults.note("added_tokens", "a list", shown(added));
  const idOf = new Map<string, number>();
  for (const token of Array.isArray(added) ? (added as unknown[]) : []) {
    if (!isObject(token) || typeof token.content !== "string") {
      faults.note("added_tokens", "objects with an id and a content", shown(token));
      continue;
    }
    const { id, content } = token;
    // The library finds added tokens inside words too.
    if (token.single_word === true) faults.note("added_tokens", "single_word false", `true of ${shown(content)}`);
    const before = idOf.get(content) ?? (Object.hasOwn(vocab, content) ? vocab[content] : undefined);
    if (!isId(id)) faults.note("added_tokens", ID, `${shown(id)} of ${shown(content)}`);
    else if (before !== undefined && before !== id)
      faults.note("added_tokens", "one id per token", `${shown(content)} at ${shown(before)} and ${id}`);
    else if (tokens.has(id) && tokens.get(id) !== content)
      faults.note("added_tokens", "one token per id", `id ${id} of ${shown(tokens.get(id))} and ${shown(content)}`);
    else {
      tokens.set(id, content);
      idOf.set(content, id);
    }
  }
}

/** The merge as a pair; undefined if it is malformed. */
export function pairOf(merge: unknown): readonly [string, string] | undefined {
  const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
  if (!Array.isArray(pair) || pair.length !== 2) return undefined;
  return pair.every((token) => typeof token === "string") ? (pair as [string, string]) : undefined;
}

function checkMerges(merges: unknown, vocab: Json, faults: Faults): void {
  if (merges === undefined) return;
  if (!Array.isArray(merges)) {
    faults.note("model.merges", "a list of pairs of tokens", shown(merges));
    return;
  }
  for (const merge of merges as unknown[]) {
    const pair = pairOf(merge);
    if (!pair) faults.note("model.merges", "a list of pairs of tokens", shown(merge));
    else if (![...pair, pair.join("")].every((token) => Object.hasOwn(vocab, token)))
      faults.note("model.merges", "tokens of the vocabulary that join to another", shown(pair));
  }
}

function checkPieces(preTokenizer: unknown, faults: Faults): void {
  const parts: unknown[] = [preTokenizer];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (!isObject(part)) continue;
    const { type, length, pretokenizers } = part;
    // The library would split off pieces of length 0 without end.
    if (type === "FixedLength" && !(Number.isInteger(length) && (length as number) > 0))
      faults.note("pre_tokenizer", "a length of at least 1", shown(length));
    if (Array.isArray(pretokenizers)) for (const inner of pretokenizers) parts.push(inner);
  }
}
