import { expect, it } from "vitest";
import { patternName, withPromoted } from "./pattern-name.js";

it("names patterns as a person would", () => {
  expect(patternName({ kind: "words", at: 0, words: ["2"] })).toBe("the number 2");
  expect(patternName({ kind: "words", at: 0, words: ["'t"] })).toBe('the token "\'t"');
  expect(patternName({ kind: "words", at: -1, words: ["\n"] })).toBe("the token after line breaks");
  expect(patternName({ kind: "words", at: 0, words: ["good", "fine", "nice"] })).toBe(
    'the words "good", "fine" and "nice"',
  );
  expect(patternName({ kind: "words", at: 0, words: ["movies", "movie"] })).toBe('forms of "movie" (movies, movie)');
  expect(patternName({ kind: "words", at: 1, words: ["of", "in"] })).toBe("the token before prepositions (of, in)");
  expect(patternName({ kind: "pieces", pieces: ["un-", "dis-"] })).toBe('words that begin with "un" or "dis"');
  expect(patternName({ kind: "pieces", pieces: ["-ly"] })).toBe('words that end in "-ly"');
  expect(patternName({ kind: "position", first: 5 })).toBe("the first 5 tokens of a text");
  expect(patternName({ kind: "topic", words: ["army", "soldiers"] })).toBe('passages with "army" or "soldiers"');
});

it("adds promoted words only where there are three whole ones", () => {
  expect(withPromoted("commas", [" and", "ing", " but", ".", " which", " who"])).toBe(
    'commas; promotes "and", "but", "which"',
  );
  expect(withPromoted("commas", [" and", "ing", " but", "."])).toBe("commas");
});
