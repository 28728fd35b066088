import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FormatError } from "../errors.js";
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

  it("reads a file of the same format: further columns and empty lines do not count", () => {
    expect([...loadLexicon(written("plot\t2\t0.5\t[1, 3]\r\n\n:D\t-1.5\nplot\t3\n"))]).toEqual([
      ["plot", 3],
      [":D", -1.5],
    ]);
  });

  it.each([
    ["plot\t2\nno tab here\n", /line 2: expected a word, a tab and a number, received "no tab here"/],
    ["plot\ttwo\n", /line 1: .*received "plot\\ttwo"/],
    ["plot\tInfinity\n", /line 1: /],
    [`plot\t${"x".repeat(1000)}\n`, /line 1: .{0,200}$/],
    [Buffer.from("caf\xe9\t1\n", "latin1"), /expected text in UTF-8, received other bytes/],
    ["\n\t2\n", /line 2: /],
    ["Plot\t2\n", /line 1: expected a word in lower case.*"Plot"/],
    ["\n", /expected lines of a word, a tab and a number, received none/],
  ] as const)("says where a file is no lexicon: %j", (content, message) => {
    const file = written(content);
    expect(() => loadLexicon(file)).toThrow(FormatError);
    expect(() => loadLexicon(file)).toThrow(message);
  });

  it("says that a file is missing", () => {
    expect(() => loadLexicon("nowhere.txt")).toThrow(/nowhere.txt: no such file/);
  });
});

function written(content: string | Uint8Array): string {
  const file = join(mkdtempSync(join(tmpdir(), "lexicon-")), "lexicon.txt");
  writeFileSync(file, content);
  return file;
}
