/** Texts and words: corpora, the word tokenizer with spaCy's rules, the sentiment lexicon. */
export { type CorpusOptions, type CorpusText, loadCorpus } from "./corpus.js";
export { loadLexicon, namedLexicon } from "./lexicon.js";
export { tokenizeWords } from "./word-tokenizer.js";
