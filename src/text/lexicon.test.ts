import { describe, expect, it } from "vitest";
import { loadLexicon } from "./lexicon.js";

describe("loadLexicon", () => {
  const lexicon = loadLexicon();

  it("holds every word of vaderSentiment 3.3.2", () => {
    expect(lexicon.size).toBe(7506);
    expect([...lexicon.values()].every((valence) => Math.abs(valence) <= 4 && valence !== 0)).toBe(true);
    const values = ["good", "bad", "great", "horrible", "can't stand", ":)", "( '}{' )"].map((word) =>
      lexicon.get(word),
    );
    expect(values).toEqual([1.9, -2.5, 3.1, -2.5, -2, 2, 1.6]);
  });

  it("takes the later value of a word that stands twice", () => {
    expect(["lol", "sob", "d:"].map((word) => lexicon.get(word))).toEqual([1.8, -1, 1.2]);
  });
});
