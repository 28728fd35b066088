import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assetPath } from "../../assets.js";
import { FormatError } from "../../errors.js";
import type { Tokenizer } from "../language-model.js";
import { loadTokenizer } from "./tokenizer.js";

const goldenPath = (name: string) => fileURLToPath(new URL(`../../../test/golden/tokenizer/${name}`, import.meta.url));
const golden = (name: string) => JSON.parse(readFileSync(goldenPath(name), "utf8"));

describe.each(["small", "exhausted", "frequent", "neox", "prefixed"])(
  "a tokenizer like the reference's: %s",
  (name) => {
    const samples: string[] = golden("samples.json");
    const encoded: { ids: number[]; text: string }[] = golden(`${name}/encoded.json`);

    it("gives the same ids, the first time and when it remembers them", async () => {
      const tokenizer = await loadTokenizer(goldenPath(name));
      for (let time = 0; time < 2; time++) {
        expect(samples.map(tokenizer.encode)).toEqual(encoded.map(({ ids }) => ids));
      }
    });

    it("gives the same texts", async () => {
      const tokenizer = await loadTokenizer(goldenPath(name));
      expect(encoded.map(({ ids }) => tokenizer.decode(ids))).toEqual(encoded.map(({ text }) => text));
    });
  },
);

describe.each(["llama3", "qwen2", "smollm", "gemma", "llama2", "metaspace", "metaspace-cut"])(
  "a tokenizer as families have it: %s",
  (name) => {
    const samples: string[] = [...golden("samples.json"), ...golden("further.json")];
    const encoded: { ids: number[]; text: string; part: string }[] = golden(`${name}/encoded.json`);

    it("gives the same ids, the first time and when it remembers them", async () => {
      const tokenizer = await loadTokenizer(goldenPath(name));
      for (let time = 0; time < 2; time++)
        for (const [i, sample] of samples.entries())
          expect([sample, tokenizer.encode(sample)]).toEqual([sample, encoded[i].ids]);
    });

    it("gives the same texts, of all and of a part", async () => {
      const tokenizer = await loadTokenizer(goldenPath(name));
      for (const { ids, text, part } of encoded) {
        expect(tokenizer.decode(ids)).toBe(text);
        expect(tokenizer.decode(ids.slice(1, Math.floor(ids.length / 2)))).toBe(part);
      }
    });

    it("has a text of every token, with its blank, and finds words by theirs", async () => {
      const tokenizer = await loadTokenizer(goldenPath(name));
      const first = tokenizer.encode("The lamp on the landing").at(-1)!;
      expect(tokenizer.tokenText(first)).toBe("ing");
      const blank = tokenizer.tokenId(" the")!;
      expect(tokenizer.tokenText(blank)).toBe(" the");
      expect(tokenizer.encode("on the lamp")).toContain(blank);
      expect(tokenizer.eosTokenId).not.toBeNull();
      expect(tokenizer.tokenText(tokenizer.vocabSize)).toBe("");
    });
  },
);

it("is the same from the two files of older folders", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-tokenizer-"));
  const { model } = golden("small/tokenizer.json") as {
    model: { vocab: object; merges: ([string, string] | string)[] };
  };
  const merges = model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
  await writeFile(join(folder, "vocab.json"), JSON.stringify(model.vocab));
  await writeFile(join(folder, "tokenizer_config.json"), '{"eos_token": {"content": "<|endoftext|>"}}');
  await expect(loadTokenizer(folder)).rejects.toThrow("merges.txt: no such file");
  await writeFile(join(folder, "merges.txt"), `#version: 0.2\n${merges.join("\n")}\n`);
  const tokenizer = await loadTokenizer(folder);
  expect(tokenizer.eosTokenId).toBe(0);
  const encoded = golden("small/encoded.json") as { ids: number[] }[];
  expect((golden("samples.json") as string[]).map(tokenizer.encode)).toEqual(encoded.map(({ ids }) => ids));
  await rm(folder, { recursive: true });
});

describe("the embedded tokenizer", () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(assetPath("embedded"));
  });

  it("has 8,192 tokens, the first of which ends a text", () => {
    expect([tokenizer.vocabSize, tokenizer.eosTokenId]).toEqual([8192, 0]);
    expect(tokenizer.encode("Good.<|endoftext|>").at(-1)).toBe(0);
  });

  it("has common words of sentiment as single tokens", () => {
    for (const word of [" good", " bad", " great", " awful", " excellent", " boring", " love", " hate"]) {
      const id = tokenizer.tokenId(word);
      expect(tokenizer.encode(word)).toEqual([id]);
      expect(tokenizer.tokenText(id!)).toBe(word);
    }
    expect(tokenizer.tokenId(" unquestionably-good")).toBeUndefined();
    expect(tokenizer.tokenId("")).toBeUndefined();
  });

  it("finds every token that is whole characters by its text", () => {
    for (let id = 0; id < tokenizer.vocabSize; id++) {
      const text = tokenizer.tokenText(id);
      if (!text.includes("\ufffd")) expect(tokenizer.tokenId(text)).toBe(id);
    }
  });

  it("shows bytes that are not whole characters as U+FFFD, and ids without a token as nothing", () => {
    const ids = tokenizer.encode("\u{1f9ff}");
    expect(ids.length).toBeGreaterThan(1);
    expect(tokenizer.tokenText(ids[0])).toBe("\ufffd");
    expect(tokenizer.decode(ids)).toBe("\u{1f9ff}");
    expect(tokenizer.decode([8192, -1, tokenizer.tokenId(" good")!, 50303])).toBe(" good");
    expect(tokenizer.tokenText(8192)).toBe("");
    expect(tokenizer.decode([])).toBe("");
  });

  it("leaves special tokens out when told to, and nothing else", () => {
    const ids = tokenizer.encode(" good<|endoftext|> film<|endoftext|>");
    expect(tokenizer.decode(ids)).toBe(" good<|endoftext|> film<|endoftext|>");
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(" good film");
    expect(tokenizer.decode([0], { skipSpecialTokens: true })).toBe("");
  });

  it.each([
    ["nothing", ""],
    ["blanks", " \n\t  \u0085 \u3000"],
    ["long blanks", " ".repeat(100_000)],
    ["one long word", "a".repeat(100_000)],
    ["many words", "It 's n't over . ".repeat(6000)],
    ["emoji", "\u{1f600}\u{1f468}\u200d\u{1f469}".repeat(20_000)],
    ["control characters", "\u0000\u0001\u007f\ufeff"],
  ])("decodes what it encodes: %s", (_, text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it("decodes what it encodes: any text", () => {
    const piece = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        " ",
        "  ",
        "\n\n",
        "'s",
        "n't",
        " good",
        "<|endoftext|>",
        "<|endo",
        "1999",
        "...",
        "e\u0301",
        "\u{1f468}\u200d",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        const ids = tokenizer.encode(text);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(ids.every((id) => id >= 0 && id < tokenizer.vocabSize)).toBe(true);
        // Cached pieces have the same ids.
        expect(tokenizer.encode(text)).toEqual(ids);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it("reads lone surrogates as U+FFFD", () => {
    expect(tokenizer.decode(tokenizer.encode("a\ud800 \udc00b"))).toBe("a\ufffd \ufffdb");
    expect(tokenizer.encode("\ud800".repeat(100_000))).toHaveLength(300_000);
  });
});

it("counts as special what tokenizer.json calls so, and the end-of-text token whatever it is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-tokenizer-"));
  const neox = golden("neox/tokenizer.json");
  const padding = { ...neox.added_tokens[0], id: 423, content: "<|padding|>" };
  await writeFile(
    join(folder, "tokenizer.json"),
    JSON.stringify({ ...neox, added_tokens: [...neox.added_tokens, padding] }),
  );
  const text = "so<|endoftext|>    it<|padding|> is";
  const load = async (config: object) => {
    await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(config));
    const tokenizer = await loadTokenizer(folder);
    return tokenizer.decode(tokenizer.encode(text), { skipSpecialTokens: true });
  };
  expect(await load({ eos_token: "<|endoftext|>" })).toBe("so    it is");
  // Runs of spaces are separate tokens, which are not special.
  expect(await load({ eos_token: "    " })).toBe("soit is");
  await rm(folder, { recursive: true });
});

describe("files that cannot be used", () => {
  let folder: string;
  const small = golden("small/tokenizer.json");
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function failure(tokenizerJson: unknown, config?: unknown): Promise<FormatError> {
    const asText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
    await writeFile(join(folder, "tokenizer.json"), asText(tokenizerJson));
    if (config !== undefined) await writeFile(join(folder, "tokenizer_config.json"), asText(config));
    const error = await loadTokenizer(folder).catch((thrown) => thrown);
    await rm(join(folder, "tokenizer_config.json"), { force: true });
    expect(error).toBeInstanceOf(FormatError);
    return error;
  }

  const withModel = (model: object, others: object = {}) => ({
    ...small,
    ...others,
    model: { ...small.model, ...model },
  });
  const withAdded = (...tokens: object[]) => ({ ...small, added_tokens: [...small.added_tokens, ...tokens] });

  it("takes ids with holes, and merges in two forms", async () => {
    const [first, ...others] = small.model.merges as string[][];
    const json = withModel({ merges: [first.join(" "), ...others] });
    json.added_tokens = [...small.added_tokens, { id: 1000, content: "<pad>", special: true }];
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(json));
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.vocabSize).toBe(1001);
    expect(tokenizer.encode("<pad>")).toEqual([1000]);
    expect(tokenizer.decode([999, 1000])).toBe("<pad>");
    expect(golden("samples.json").map(tokenizer.encode)).toEqual(
      golden("small/encoded.json").map(({ ids }: { ids: number[] }) => ids),
    );
  });

  it("reads GPT-2's older form: a model without a type, merges as lines", async () => {
    const { type: _, merges, ...model } = small.model;
    const older = { ...small, model: { ...model, merges: merges.map((pair: string[]) => pair.join(" ")) } };
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(older));
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.eosTokenId).toBeNull();
    expect(golden("samples.json").map(tokenizer.encode)).toEqual(
      golden("small/encoded.json").map(({ ids }: { ids: number[] }) => ids),
    );
  });

  it("names a file that is missing", async () => {
    const error = await loadTokenizer(join(folder, "nowhere")).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe(`${join(folder, "nowhere", "tokenizer.json")}: no such file`);
  });

  it.each<[string, unknown, RegExp]>([
    ["no JSON", '{"model": ', /expected JSON/],
    ["no object", [], /expected a JSON object, received \[\]/],
    [
      "another kind",
      { ...small, model: { type: "WordPiece" } },
      /expected BPE of bytes, .* received model "WordPiece"/,
    ],
    ["another decoder", { ...small, decoder: null }, /received model "BPE", decoder nothing/],
    [
      "no vocabulary",
      { ...small, model: { ...small.model, vocab: null } },
      /model.vocab: expected an object of token ids, received null/,
    ],
    [
      "broken merges",
      { ...small, model: { ...small.model, merges: [["a"]] } },
      /model.merges: expected a list of pairs/,
    ],
    ["no added tokens", { ...small, added_tokens: undefined }, /added_tokens: expected a list, received nothing/],
    [
      "a token that is to be found between words alone",
      withAdded({ id: 500, content: "<pad>", single_word: true }),
      /added_tokens: expected single_word false, received true of "<pad>"/,
    ],
    [
      "a decoder of marked blanks that is not known",
      withModel({ byte_fallback: true }, { decoder: { type: "Sequence", decoders: [{ type: "CTC" }] } }),
      /decoder: expected Replace, ByteFallback, Fuse, Strip or Metaspace, received \{"type":"CTC"\}/,
    ],
    [
      "a rule of splitting that is not known beside marked blanks",
      withModel({ byte_fallback: true }, { decoder: { type: "Fuse" }, pre_tokenizer: { type: "Whitespace" } }),
      /pre_tokenizer: expected none or Metaspace with blanks as \u2581, received \{"type":"Whitespace"\}/,
    ],
    ["an empty vocabulary", withModel({ vocab: {} }), /model.vocab: expected an object of token ids, received \{\}/],
    [
      "an id below 0",
      withAdded({ id: -1, content: "<pad>" }),
      /added_tokens: expected a token id .*received -1 of "<pad>"/,
    ],
    ["an id that is text", withAdded({ id: "0", content: "<pad>" }), /expected a token id .*, received "0" of "<pad>"/],
    [
      "an id far away",
      withAdded({ id: 2 ** 31, content: "<pad>" }),
      /a token id from 0 to 4194303, received 2147483648/,
    ],
    [
      "no content",
      withAdded({ id: 500 }),
      /added_tokens: expected objects with an id and a content, received \{"id":500/,
    ],
    [
      "an id of two tokens",
      withModel({ vocab: { ...small.model.vocab, twice: 7 } }),
      /model.vocab: expected one token per id, received id 7 of "[^"]+" and "twice"/,
    ],
    [
      "an added token in the place of another",
      withAdded({ id: 7, content: "<pad>" }),
      /added_tokens: expected one token per id, received id 7 of "[^"]+" and "<pad>"/,
    ],
    [
      "a token of two ids",
      withAdded({ id: 500, content: "<pad>" }, { id: 501, content: "<pad>" }),
      /added_tokens: expected one id per token, received "<pad>" at 500 and 501/,
    ],
    [
      "merges of unknown tokens",
      withModel({ merges: [...small.model.merges, ["never", "seen"], ["a", "never"]] }),
      /model.merges: expected tokens of the vocabulary that join to another, received \["never","seen"\], \["a","never"\]$/,
    ],
    [
      "a merge of three",
      withModel({ merges: ["a b c"] }),
      /model.merges: expected a list of pairs of tokens, received "a b c"/,
    ],
    ["an unknown token that is unknown", withModel({ unk_token: "[UNK]" }), /model.unk_token: expected a token/],
    [
      "pieces of no length",
      { ...small, pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "FixedLength", length: 0 }] } },
      /pre_tokenizer: expected a length of at least 1, received 0/,
    ],
    [
      "a post-processor of unknown tokens",
      {
        ...small,
        post_processor: { type: "TemplateProcessing", single: [{ SpecialToken: { id: "[CLS]" } }], pair: [] },
      },
      /the tokenizer puts a token into texts that has no id, the 1. of a text/,
    ],
    [
      "several faults",
      withModel({ vocab: { a: 0.5, b: -1, c: "2", d: null, e: 4 }, merges: [["a", "x"]] }),
      /2 problems\n {2}model.vocab: .*received 0.5 of "a", -1 of "b", "2" of "c" and 1 more\n {2}model.merges: /,
    ],
    [
      "a Git LFS pointer",
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n",
      /is a Git LFS pointer, not the file that it stands for\n {2}help: .*git lfs pull/,
    ],
  ])("tells what is wrong: %s", async (_, json, message) => {
    const error = await failure(json);
    expect(error.message).toMatch(message);
    expect(error.file).toBe(join(folder, "tokenizer.json"));
  });

  it("tells what is wrong with tokenizer_config.json", async () => {
    const unknown = await failure(small, { eos_token: "</s>" });
    expect(unknown.file).toBe(join(folder, "tokenizer_config.json"));
    expect(unknown.message).toMatch(/eos_token: expected a token of tokenizer.json, received "<\/s>"/);
    expect((await failure(small, "{")).message).toMatch(/tokenizer_config.json: expected JSON/);
    expect((await failure(small, { eos_token: 0, additional_special_tokens: "<pad>" })).message).toMatch(
      /config.json: 2 problems\n {2}eos_token: expected a token, received 0\n {2}additional_special_tokens: expected a list/,
    );
  });
});
