import { describe, expect, it } from "vitest";
import { BYTE_CHARACTERS, detach, splitPieces, toByteCharacters } from "./byte-level.js";

describe("splitPieces", () => {
  it("cuts contractions, words, numbers, signs and blanks, each with the space before it", () => {
    expect(splitPieces("It's  3.5 o'clock,\n\n ok \t")).toEqual([
      "It",
      "'s",
      " ",
      " 3",
      ".",
      "5",
      " o",
      "'",
      "clock",
      ",",
      "\n\n",
      " ok",
      " \t",
    ]);
  });

  it("takes U+0085 for a blank and U+FEFF for a sign", () => {
    expect(splitPieces("a\u0085\u0085b\ufeffc")).toEqual(["a", "\u0085", "\u0085", "b", "\ufeff", "c"]);
  });

  it("loses nothing", () => {
    const text = " \ud800 a\u{1f600}b\r\n\u0000  z'll ";
    expect(splitPieces(text).join("")).toBe(text);
    expect(splitPieces("")).toEqual([]);
  });
});

describe("toByteCharacters", () => {
  it("gives each of the 256 bytes a character of its own that is not blank", () => {
    expect(new Set(BYTE_CHARACTERS).size).toBe(256);
    expect(BYTE_CHARACTERS.some((character) => /[\s\p{C}]/u.test(character))).toBe(false);
  });

  it("writes GPT-2's characters", () => {
    expect(toByteCharacters(" good\n")).toBe("ĠgoodĊ");
    expect(toByteCharacters("é")).toBe("Ã©");
    expect(toByteCharacters("\ud800")).toBe(toByteCharacters("\ufffd"));
  });
});

it("detach keeps every code unit", () => {
  expect(detach("a\ud800\u{1f600}é")).toBe("a\ud800\u{1f600}é");
});
