/** The ground of byte-level BPE: how a text is cut into pieces, and how the bytes of a piece are written as characters. */

/**
 * GPT-2's pieces: contractions, words, numbers and runs of signs, each with the space before it, and blanks.
 * White_Space and not \s, which in JavaScript holds U+FEFF and lacks U+0085, unlike in the reference implementation.
 */
const PIECES =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * The character of each byte [256]: printable ones of Latin-1 stand for themselves, the others for U+0100 and up,
 * so that no token holds a blank or a control character (Radford et al. 2019, `bytes_to_unicode`).
 */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

const encoder = new TextEncoder();

/** The pieces of a text, in order; together they are the text. No token of byte-level BPE crosses their borders. */
export function splitPieces(text: string): string[] {
  return text.match(PIECES) ?? [];
}

/** The UTF-8 bytes of a text, one character each; a lone surrogate counts as U+FFFD. */
export function toByteCharacters(text: string): string {
  let characters = "";
  for (const byte of encoder.encode(text)) characters += BYTE_CHARACTERS[byte];
  return characters;
}

/** The same string in memory of its own: a piece is a view that would keep its whole text alive. */
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
