/**
 * The basis of byte-level BPE: splitting a text into pieces, and writing the bytes of a piece as
 * characters.
 */

/**
 * GPT-2's pieces: contractions, words, numbers and runs of punctuation, each with the space before
 * it, and whitespace. Uses White_Space instead of \s, which in JavaScript includes U+FEFF but not
 * U+0085, unlike the reference implementation.
 */
const PIECES =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * The character of each byte [256]: printable Latin-1 characters represent themselves, the others
 * are U+0100 and up, so that no token contains whitespace or a control character (Radford et al.
 * 2019, `bytes_to_unicode`).
 */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

const encoder = new TextEncoder();

/**
 * The pieces of a text, in order; joined they are the text. No token of byte-level BPE crosses
 * their borders.
 */
export function splitPieces(text: string): string[] {
  return text.match(PIECES) ?? [];
}

/** The UTF-8 bytes of a text, one character each; a lone surrogate becomes U+FFFD. */
export function toByteCharacters(text: string): string {
  let characters = "";
  for (const byte of encoder.encode(text)) characters += BYTE_CHARACTERS[byte];
  return characters;
}

/** A copy of the string: a piece is a view that would keep its whole text in memory. */
export function detach(piece: string): string {
  return Buffer.from(piece, "utf16le").toString("utf16le");
}

function byteCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
}
