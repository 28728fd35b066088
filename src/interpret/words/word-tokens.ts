/** Words in rows of tokens, and their valence in the lexicon. */

/** A word and the tokens [start, end) that spell it. */
export interface WordSpan {
  word: string;
  start: number;
  end: number;
}

/**
 * Splits rows of tokens into words (runs of letters and digits) and looks up their lower-case
 * valence.
 */
export class WordTokens {
  private readonly texts = new Map<number, string>();

  /**
   * @param decodeToken the text of a single token, e.g. " good" (Tokenizer.tokenText)
   * @param lexicon lower-case word -> valence, -4..4
   */
  constructor(
    private readonly decodeToken: (id: number) => string,
    readonly lexicon: ReadonlyMap<string, number>,
  ) {}

  /** The text of a token. */
  text(id: number): string {
    let text = this.texts.get(id);
    if (text === undefined) {
      text = this.decodeToken(id);
      this.texts.set(id, text);
    }
    return text;
  }

  /**
   * Whether the token is a space and a lower-case word of letters only, so that it can replace
   * another such token.
   */
  isPlainWord(id: number): boolean {
    return /^ [a-z]+$/.test(this.text(id));
  }

  /** The single token of the word, if there is one and it is a plain word. */
  plainToken(ids: readonly number[], { word, start, end }: WordSpan): number | undefined {
    const id = ids[start];
    return end - start === 1 && this.isPlainWord(id) && this.text(id) === ` ${word}` ? id : undefined;
  }

  /** The words of a row, in order. A word of several tokens is one span. */
  *words(ids: readonly number[]): Generator<WordSpan> {
    let start = -1;
    let word = "";
    for (let t = 0; t <= ids.length; t++) {
      const text = t < ids.length ? this.text(ids[t]) : "";
      const continues = start >= 0 && /^[\p{L}\p{N}]+$/u.test(text);
      if (continues) {
        word += text;
        continue;
      }
      if (start >= 0) {
        // spaCy splits "won't" into "wo" + "n't", so it does not contain the word "won".
        const whole = /^['’]t\b/i.test(text) ? word.slice(0, -1) : word;
        yield { word: whole.toLowerCase(), start, end: t };
      }
      const begins = /^\s?[\p{L}\p{N}]+$/u.test(text);
      start = begins ? t : -1;
      word = begins ? text.trimStart() : "";
    }
  }

  /** The valence of each token [tokens]: that of the word which the token completes, else 0. */
  valences(ids: readonly number[]): Float32Array {
    const valences = new Float32Array(ids.length);
    for (const { word, end } of this.words(ids)) valences[end - 1] = this.lexicon.get(word) ?? 0;
    return valences;
  }
}
