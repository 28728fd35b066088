/**
 * Texts and words: corpora, preferences, a word tokenizer with spaCy's rules, sentiment lexicon.
 *
 * @module
 */

export { type CorpusOptions, type CorpusText, loadCorpus } from "./corpus.js";
export { loadLexicon, namedLexicon } from "./lexicon.js";
export { type BadRow, loadPreferences, type PreferenceOptions } from "./preferences/load-preferences.js";
export type {
  ChatMessage,
  LabelledCompletion,
  Preference,
  PreferencePair,
  Turns,
} from "./preferences/preference.js";
export { tokenizeWords } from "./word-tokenizer.js";
