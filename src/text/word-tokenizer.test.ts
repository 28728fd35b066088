import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { testWithExtra } from "../../test/support/extras.js";
import { readParquetTexts } from "../io/parquet.js";
import { tokenizeWords } from "./word-tokenizer.js";

interface Recorded {
  text: string;
  tokens: string[];
}

const recorded = new URL("../../test/golden/spacy/tokens.json", import.meta.url);
const torture = new URL("../../test/golden/spacy/torture.json.gz", import.meta.url);
const digests = new URL("../../test/golden/spacy/reviews.json", import.meta.url);

describe("tokenizeWords", () => {
  it("knows contractions, abbreviations, addresses and units", () => {
    expect(tokenizeWords("Mr. O'Neil didn't pay $5.99 for 10km.")).toEqual([
      ...["Mr.", "O'Neil", "did", "n't", "pay", "$", "5.99", "for", "10", "km", "."],
    ]);
    expect(tokenizeWords("(see www.example.com/a-b?c=d) well-made!!")).toEqual([
      ...["(", "see", "www.example.com/a-b?c=d", ")", "well", "-", "made", "!", "!"],
    ]);
  });

  it("puts an emoticon back together where it touches a word", () => {
    expect(tokenizeWords("great:) but not : )")).toEqual(["great", ":)", "but", "not", ":", ")"]);
  });

  it("leaves single spaces out and keeps other whitespace as words", () => {
    expect(tokenizeWords(" a b  c\n\nd ")).toEqual([" ", "a", "b", " ", "c", "\n\n", "d"]);
    expect(tokenizeWords("")).toEqual([]);
    expect(tokenizeWords(" ")).toEqual([" "]);
  });

  it("gives spaCy's words for the recorded texts, and the same again from its memory", () => {
    const { cases } = JSON.parse(readFileSync(recorded, "utf8")) as { cases: Recorded[] };
    expect(cases.length).toBeGreaterThan(200);
    for (const { text, tokens } of [...cases, ...cases]) expect(tokenizeWords(text), text).toEqual(tokens);
  });

  it("gives every word of spaCy for texts that are hard on a tokenizer", () => {
    const { recordedWith: _, ...parts } = JSON.parse(gunzipSync(readFileSync(torture)).toString()) as {
      recordedWith: unknown;
      [part: string]: unknown;
    };
    const cases = Object.values(parts as Record<string, string[][]>).flat();
    expect(cases.length).toBeGreaterThan(2900);
    for (const [text, ...tokens] of cases) expect(tokenizeWords(text), text).toEqual(tokens);
  });

  testWithExtra("data/imdb/plain_text", "gives spaCy's words for 5,000 reviews", async (corpus) => {
    const { file, digests: expected } = JSON.parse(readFileSync(digests, "utf8")) as {
      file: string;
      digests: string[];
    };
    const wrong: number[] = [];
    let review = 0;
    for await (const text of readParquetTexts(join(corpus, file), "text")) {
      const joined = tokenizeWords(text as string).join("\0");
      if (createHash("sha256").update(joined).digest("hex").slice(0, 8) !== expected[review]) wrong.push(review);
      review++;
    }
    expect([review, wrong]).toEqual([5000, []]);
  });

  testWithExtra("golden/spacy/tokens-and-rewards.json.gz", "gives spaCy's words for 321 reviews", (reviews) => {
    const cases = JSON.parse(gunzipSync(readFileSync(reviews)).toString()) as Recorded[];
    const wrong = cases.flatMap(({ text, tokens }, i) =>
      JSON.stringify(tokenizeWords(text)) === JSON.stringify(tokens) ? [] : [i],
    );
    expect([cases.length, wrong]).toEqual([321, []]);
  });

  it("takes a time linear in the text, whatever it is made of", () => {
    const units = [
      "!",
      ".",
      ":)",
      "a:",
      "a@",
      "a:@",
      "a.",
      "a-",
      "(",
      "1.",
      "'s",
      "..!",
      "😀",
      "\ud83d",
      "\udc00a",
      "w+",
      " \n",
    ];
    for (const unit of units) {
      const text = unit.repeat(100_000 / unit.length);
      const start = performance.now();
      const words = tokenizeWords(text);
      expect(performance.now() - start, JSON.stringify(unit)).toBeLessThan(5000);
      expect(words.join("").length, JSON.stringify(unit)).toBe(text.length);
    }
    const address = `http://${"a.".repeat(50_000)}com`;
    expect(tokenizeWords(address)).toEqual([address]);
  });

  it("divides long texts as it divides short ones", () => {
    const sentence = "The film isn't bad, I'd say 7/10 :)";
    const words = tokenizeWords(sentence);
    expect(tokenizeWords(Array(3000).fill(sentence).join(" "))).toEqual(Array(3000).fill(words).flat());
    const dots = ".".repeat(1000);
    expect(tokenizeWords(`so${dots}`)).toEqual(["so", dots]);
  });
});
