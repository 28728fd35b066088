import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { testWithExtra } from "../../test/support/extras.js";
import { recordedRows } from "../../test/support/recorded-rows.js";
import { FormatError } from "../errors.js";
import { openSafetensors } from "../io/safetensors.js";
import { Engine } from "../runtime/engine.js";
import { loadSequenceClassifier } from "./sequence-classifier.js";
import { loadClassifier } from "./text-classifier.js";
import { loadWordPiece } from "./tokenizer/word-piece.js";

const golden = fileURLToPath(new URL("../../test/golden/models/distilbert-text", import.meta.url));
const recorded = JSON.parse(readFileSync(join(golden, "golden.json"), "utf8")) as {
  texts: string[];
  logits: number[][];
  tokens: Record<"uncased" | "cased" | "accents" | "chinese", number[][]>;
};

const engine = new Engine();
afterAll(() => engine.close());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-classifier-"));
  cpSync(golden, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const change = (name: string, fields: Record<string, unknown>): void => {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...fields }));
};

describe("WordPiece gives the tokens of the reference implementation", () => {
  test.each([
    ["uncased", {}],
    ["cased", { do_lower_case: false }],
    ["accents", { strip_accents: false }],
    ["chinese", { tokenize_chinese_chars: false }],
  ] as const)("%s, from tokenizer.json and from vocab.txt", async (name, settings) => {
    change("tokenizer_config.json", settings);
    for (const file of ["tokenizer.json", "vocab.txt"]) {
      const tokenizer = await loadWordPiece(folder);
      for (const [i, text] of recorded.texts.entries())
        expect([file, text, tokenizer.encode(text, 40)]).toEqual([file, text, recorded.tokens[name][i]]);
      rmSync(join(folder, file));
    }
    await expect(loadWordPiece(folder)).rejects.toThrow("vocab.txt: no such file");
  });

  test("a text that is cut keeps [CLS] and [SEP]", async () => {
    const { encode } = await loadWordPiece(folder);
    const whole = encode("the film was long", 40);
    expect([whole[0], whole.at(-1)]).toEqual([2, 3]);
    expect(encode("the film was long", 4)).toEqual([...whole.slice(0, 3), 3]);
    expect(encode("the film was long", whole.length)).toEqual(whole);
  });

  test("a vocabulary without [SEP], and another kind of tokenizer", async () => {
    change("tokenizer.json", { model: { type: "BPE", vocab: {}, merges: [] } });
    await expect(loadWordPiece(folder)).rejects.toThrow(
      'tokenizer.json: expected a tokenizer of BERT: model "WordPiece"',
    );
    rmSync(join(folder, "tokenizer.json"));
    writeFileSync(join(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\nfilm\n");
    await expect(loadWordPiece(folder)).rejects.toThrow("vocab.txt: the vocabulary lacks [SEP]");
  });
});

describe("DistilBERT", () => {
  test("logits of texts, of all lengths at once and alone", async () => {
    const classifier = await loadClassifier(golden, { engine });
    expect(classifier.labels).toEqual(["POSITIVE", "NEGATIVE"]);
    const { dims, data } = await classifier.logits(recorded.texts);
    expect(dims).toEqual([recorded.texts.length, 2]);
    expectClose(data, recorded.logits.flat(), 1e-4, "logits");
    for (const i of [0, 4, 17]) {
      const alone = await classifier.logits([recorded.texts[i]]);
      expectClose(alone.data, recorded.logits[i], 1e-4, recorded.texts[i]);
    }
    expect((await classifier.logits([])).dims).toEqual([0, 2]);
    await classifier.dispose();
  });

  test("more texts than go through at once come back in their order", async () => {
    const classifier = await loadClassifier(golden, { engine });
    const many = Array.from({ length: 260 }, (_, i) => i % recorded.texts.length);
    const { data } = await classifier.logits(many.map((i) => recorded.texts[i]));
    expectClose(
      data,
      many.flatMap((i) => recorded.logits[i]),
      1e-4,
    );
    await classifier.dispose();
  });

  testWithExtra("golden/models/distilbert", "logits of a padded batch", async (further) => {
    const file = await openSafetensors(join(further, "golden.safetensors"));
    const rows = await recordedRows(file);
    const classifier = await loadSequenceClassifier(further, { engine });
    expectClose((await classifier.logits(rows)).data, (await file.read("logits")).data, 1e-4);
    await classifier.dispose();
    await file.close();
  });

  test("rows that it cannot read", async () => {
    const classifier = await loadSequenceClassifier(golden, { engine });
    await expect(classifier.logits([[2, 3], []])).rejects.toThrow("expected at least one token");
    await expect(classifier.logits([Array(41).fill(2)])).rejects.toThrow(
      "41 tokens, the classifier has positions for 40",
    );
    await expect(classifier.logits([[999]])).rejects.toThrow("token id 999 is outside the vocabulary of 236");
    await classifier.dispose();
  });

  test.each([
    [{ model_type: "mamba" }, /model_type: expected one of distilbert, bert, .*received "mamba"/],
    [{ id2label: { 0: "bad", 2: "good" } }, "id2label: expected the name of each class"],
    [
      { activation: "prelu", dim: 0 },
      /2 problems\n {2}dim: expected a whole number.*\n {2}activation: expected one of/,
    ],
    [{ n_heads: 3 }, "dim 8 is not a multiple of n_heads 3"],
    [{ vocab_size: 230 }, "word_embeddings.weight is [236, 8], config.json says [230, 8]"],
    [{ id2label: { 0: "a", 1: "b", 2: "c" } }, "classifier.weight is [2, 8], config.json says [3, 8]"],
  ])("a folder that does not fit together: %j", async (fields, message) => {
    change("config.json", fields);
    await expect(loadClassifier(folder, { engine })).rejects.toThrow(message);
    await expect(loadClassifier(folder, { engine })).rejects.toThrow(FormatError);
  });

  test("labels that config.json does not name", async () => {
    change("config.json", { id2label: null, label2id: null });
    expect((await loadSequenceClassifier(folder, { engine })).config.labels).toEqual(["LABEL_0", "LABEL_1"]);
  });

  test("a tokenizer with more tokens than the model: only a text with one of them is refused", async () => {
    writeFileSync(join(folder, "vocab.txt"), `${readFileSync(join(folder, "vocab.txt"), "utf8")}x1\nx2\nx3\nx4\n`);
    rmSync(join(folder, "tokenizer.json"));
    const classifier = await loadClassifier(folder, { engine });
    expect((await classifier.logits(["the film"])).dims).toEqual([1, 2]);
    await expect(classifier.logits(["the film", "x4"])).rejects.toThrow(
      "token id 236 is outside the vocabulary of 236",
    );
    await classifier.dispose();
  });
});
