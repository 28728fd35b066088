/**
 * BERT's tokenizer (Devlin et al. 2019, arXiv:1810.04805): WordPiece of tokenizer.json, or of
 * vocab.txt in older folders.
 */
import { join } from "node:path";
import { FormatError } from "../../errors.js";
import { readText } from "../../io/atomic.js";
import { throwProblems } from "../../io/file-problems.js";
import { isObject } from "../../io/json-object.js";
import { shown } from "../../io/shown-value.js";
import { encoder, type Json, openLibrary, readOptionalObject, tokenContent } from "./tokenizer-file.js";
import { checkTable } from "./tokenizer-table.js";

export interface WordPieceTokenizer {
  readonly vocabSize: number;
  /**
   * Token ids between [CLS] and [SEP], at most `maxTokens` with these two: a longer text is
   * truncated, [SEP] is kept.
   */
  encode(text: string, maxTokens: number): number[];
}

/**
 * Loads the tokenizer of a local folder: tokenizer.json, or else vocab.txt. Handling of case and
 * accents follows tokenizer_config.json (do_lower_case, strip_accents, tokenize_chinese_chars),
 * then tokenizer.json, then BERT's uncased models.
 * @param read tokenizer.json, where that has been read
 * @throws FormatError when neither file exists, or it describes another kind of tokenizer
 */
export async function loadWordPiece(folder: string, read?: Json): Promise<WordPieceTokenizer> {
  const config = (await readOptionalObject(join(folder, "tokenizer_config.json"))) ?? {};
  const own = read ?? (await readOptionalObject(join(folder, "tokenizer.json")));
  const file = join(folder, own ? "tokenizer.json" : "vocab.txt");
  const json = own ?? fromVocabulary(await readVocabulary(file), config, file);
  const kind = isObject(json.model) ? json.model.type : undefined;
  if (kind !== "WordPiece")
    throw new FormatError(file, `expected a tokenizer of BERT: model "WordPiece", received ${shown(kind)}`);
  const whole = { ...json, model: { ...defaults, ...(json.model as Json) } };
  checkModel(whole.model, file);
  checkTable(whole, file);
  const library = openLibrary(whole, config, file);
  const normalizer = isObject(json.normalizer) ? json.normalizer : {};
  if (normalizer.type === "BertNormalizer") {
    const rules = bertRules(normalizer, config);
    library.normalizer = (text) => normalizeBert(text, rules);
  }
  const ids = encoder(library, file);
  if (ids("").length !== 2)
    throw new FormatError(file, "post_processor: expected one that puts a text between [CLS] and [SEP]");
  return {
    vocabSize: library.model.vocab.length,
    encode(text, maxTokens) {
      const all = ids(text);
      return all.length <= maxTokens ? all : [...all.slice(0, maxTokens - 1), all[all.length - 1]];
    },
  };
}

/** Defaults of optional fields, as in the reference implementation. */
const defaults = { unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100 };

/** The search for tokens is quadratic in the length of a word. */
const LONGEST_WORD = 1000;

function checkModel(
  { continuing_subword_prefix: prefix, max_input_chars_per_word: longest }: Json,
  file: string,
): void {
  const isLength = Number.isInteger(longest) && (longest as number) > 0 && (longest as number) <= LONGEST_WORD;
  throwProblems(file, [
    ...(typeof prefix === "string"
      ? []
      : [`model.continuing_subword_prefix: expected a text, received ${shown(prefix)}`]),
    ...(isLength
      ? []
      : [
          `model.max_input_chars_per_word: expected a whole number from 1 to ${LONGEST_WORD}, received ${shown(longest)}`,
        ]),
  ]);
}

async function readVocabulary(file: string): Promise<string[]> {
  return (await readText(file)).replace(/\r?\n$/, "").split(/\r?\n/);
}

/** The tokenizer.json that is equivalent to a vocabulary of one token per line. */
function fromVocabulary(vocabulary: readonly string[], config: Json, file: string): Json {
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const names = { pad: "[PAD]", unk: "[UNK]", cls: "[CLS]", sep: "[SEP]", mask: "[MASK]" };
  const special = Object.entries(names).map(([name, usual]) => tokenContent(config[`${name}_token`]) ?? usual);
  const [, unk, cls, sep] = special;
  const missing = [unk, cls, sep].filter((token) => !ids.has(token));
  if (missing.length > 0) throw new FormatError(file, `the vocabulary lacks ${missing.join(", ")}`);
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    added_tokens: special
      .filter((token) => ids.has(token))
      .map((content) => ({ id: ids.get(content), content, ...flags })),
    normalizer: { type: "BertNormalizer", clean_text: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", cls: [cls, ids.get(cls)], sep: [sep, ids.get(sep)] },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      vocab: Object.fromEntries(ids),
      unk_token: unk,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
    },
  };
}

interface BertRules {
  readonly cleanText: boolean;
  readonly spaceIdeographs: boolean;
  readonly lowerCase: boolean;
  readonly stripAccents: boolean;
}

function bertRules(normalizer: Json, config: Json): BertRules {
  const lowerCase = (config.do_lower_case ?? normalizer.lowercase ?? true) === true;
  return {
    cleanText: normalizer.clean_text !== false,
    spaceIdeographs: (config.tokenize_chinese_chars ?? normalizer.handle_chinese_chars ?? true) === true,
    lowerCase,
    stripAccents: (config.strip_accents ?? normalizer.strip_accents ?? lowerCase) === true,
  };
}

/** Category C without unassigned characters, and U+FFFD; tabs and line breaks become spaces. */
const CONTROLS = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/gu;
const IDEOGRAPHS =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

/**
 * BertNormalizer of the reference implementation. The library's own differs: it misses ideographs
 * beyond U+FFFF, and lowercases a capital sigma depending on its position in the word.
 */
function normalizeBert(text: string, rules: BertRules): string {
  let result = text;
  if (rules.cleanText) result = result.replace(CONTROLS, "").replace(/\p{White_Space}/gu, " ");
  if (rules.spaceIdeographs) result = result.replace(IDEOGRAPHS, " $& ");
  if (rules.stripAccents) result = result.normalize("NFD").replace(/\p{Mn}/gu, "");
  return rules.lowerCase ? result.replaceAll("Σ", "σ").toLowerCase() : result;
}
