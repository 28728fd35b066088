import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../errors.js";
import { type TrainBpeOptions, trainBpe } from "./bpe-trainer.js";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/golden/tokenizer/${name}`, import.meta.url), "utf8"));

async function* stream(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

/** The merges, as "left right". */
async function mergesOf(texts: readonly string[], options: Partial<TrainBpeOptions> = {}): Promise<string[]> {
  const { model } = await trainBpe(stream(texts), { vocabSize: 1000, ...options });
  return model.merges.map((merge) => merge.join(" "));
}

describe("trainBpe", () => {
  it.each<[string, TrainBpeOptions]>([
    ["small", { vocabSize: 400 }],
    ["exhausted", { vocabSize: 5000, specialTokens: ["<|endoftext|>", "film"] }],
    ["frequent", { vocabSize: 5000, minFrequency: 4 }],
  ])("learns what the reference implementation learns: %s", async (name, options) => {
    expect(await trainBpe(stream(golden("texts.json")), options)).toEqual(golden(`${name}/tokenizer.json`));
  });

  it("merges the most frequent pair first", async () => {
    // "low" 5 times, "lower" 2, "newest" 6, "widest" 3 (Sennrich et al. 2016), one text each: no
    // space in front.
    const texts = Object.entries({ low: 5, lower: 2, newest: 6, widest: 3 }).flatMap(([word, n]) =>
      Array(n).fill(word),
    );
    expect((await mergesOf(texts, { vocabSize: 257 + 6 })).slice(0, 6)).toEqual([
      "e s",
      "es t",
      "l o",
      "lo w",
      "e w",
      "n ew",
    ]);
  });

  it("takes the lower ids first where counts are equal", async () => {
    expect(await mergesOf(["dc", "ba", "bc", "da"])).toEqual(["b a", "b c", "d a", "d c"]);
  });

  it("counts overlapping pairs as they stand, and merges them from the left", async () => {
    expect(await mergesOf(["aaaaa"])).toEqual(["a a", "aa a", "aa aaa"]);
  });

  it("gives special tokens the first ids, then the bytes", async () => {
    const { added_tokens, model } = await trainBpe(stream([]), { vocabSize: 300, specialTokens: ["<a>", "<b>"] });
    expect(added_tokens.map(({ id, content }) => [id, content])).toEqual([
      [0, "<a>"],
      [1, "<b>"],
    ]);
    expect(Object.keys(model.vocab)).toHaveLength(258);
    expect([model.vocab["!"], model.vocab.Ā, model.vocab.Ġ]).toEqual([2, 190, 222]);
    expect(model.merges).toEqual([]);
  });

  it("does not depend on the order of the texts", async () => {
    const texts: string[] = golden("texts.json");
    expect(await mergesOf([...texts].reverse())).toEqual(await mergesOf(texts));
  });

  it("stops when asked to, and tells how far it is", async () => {
    const seen: [string, number][] = [];
    await trainBpe(stream(["abcd"]), { vocabSize: 259, onProgress: (...progress) => seen.push(progress) });
    expect(seen).toEqual([
      ["texts", 1],
      ["merges", 2],
    ]);
    const stopping = new AbortController();
    const work = trainBpe(stream(golden("texts.json")), {
      vocabSize: 5000,
      signal: stopping.signal,
      onProgress: (part) => part === "merges" && stopping.abort(),
    });
    await expect(work).rejects.toMatchObject({ name: "AbortError" });
  });

  it("reports all wrong options at once", async () => {
    const options = { vocabSize: 256, specialTokens: ["a", "a"], minFrequency: -1 };
    const error = await trainBpe(stream([]), options).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.issues.map(({ path }: { path: string }) => path)).toEqual(["specialTokens", "minFrequency"]);
    await expect(trainBpe(stream([]), { vocabSize: 256 })).rejects.toThrow(
      /vocabSize: expected an integer of at least 257/,
    );
  });
});
