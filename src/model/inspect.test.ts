import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inspectModel } from "./inspect.js";

const golden = fileURLToPath(new URL("../../test/golden/", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-inspect-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function use(model: string): void {
  cpSync(join(golden, "models", model), folder, { recursive: true });
  rmSync(join(folder, "golden.safetensors"), { force: true });
}

function changeConfig(change: Record<string, unknown>): void {
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...change }));
}

test("the embedded model: what it is made of, and nothing wrong", async () => {
  const found = await inspectModel("embedded");
  expect(found).toMatchObject({
    kind: "language model",
    architecture: "GPTNeoXForCausalLM",
    problems: [],
    missing: [],
  });
  expect(found.files).toEqual([{ name: "model.safetensors", formats: { F16: 75 } }]);
  expect(found.parameters).toHaveLength(8);
  expect(found.parameters[0]).toEqual({ part: "embeddings", count: 8192 * 256 });
  expect(found.parameters[1].part).toBe("block 0");
});

test("an old GPT-Neo: buffers and the copy of the embedding are named as such", async () => {
  use("neo-old-spelling");
  const { unused, problems, parameters } = await inspectModel(folder);
  expect(unused).toEqual(
    expect.arrayContaining([
      { name: "lm_head.weight", what: "copy of the embedding" },
      { name: "transformer.h.1.attn.attention.masked_bias", what: "buffer" },
    ]),
  );
  expect(unused.filter(({ what }) => what === "buffer")).toHaveLength(4);
  expect(parameters.map(({ part }) => part)).toEqual(["embeddings", "block 0", "block 1", "final norm"]);
  expect(parameters[0].count).toBe((19 + 24) * 8);
  expect(problems).toEqual([`${join(folder, "tokenizer.json")}: no such file`]);
});

test("every file and format of shards", async () => {
  use("neo-window-5");
  const { files } = await inspectModel(folder);
  expect(files.map(({ name }) => name)).toEqual([1, 2, 3, 4].map((n) => `model-0000${n}-of-00004.safetensors`));
  expect(files.reduce((sum, { formats }) => sum + formats.F32!, 0)).toBe(31);
});

test("all that is wrong at once: config.json, weights, and tokenizer", async () => {
  use("distilbert-text");
  expect(await inspectModel(folder)).toMatchObject({ kind: "classifier", problems: [] });
  changeConfig({ id2label: { 0: "a", 1: "b", 2: "c" }, n_layers: 3 });
  writeFileSync(join(folder, "tokenizer.json"), "{");
  const { problems, missing } = await inspectModel(folder);
  expect(missing).toHaveLength(16);
  expect(problems[0]).toMatch(/tokenizer.json: expected JSON/);
  expect(problems.slice(1)).toEqual([
    expect.stringMatching(
      /^16 of 56 tensors are missing: \S+layer\.2\.\S+, .* and 13 more; the file has 2 of 3 blocks$/,
    ),
    "classifier.weight is [2, 8], config.json says [3, 8]",
    "classifier.bias is [2], config.json says [3]",
  ]);
  changeConfig({ dim: 0, activation: "none" });
  truncateSync(join(folder, "model.safetensors"), 100);
  const further = await inspectModel(folder);
  expect(further.problems).toHaveLength(3);
  expect(further.problems[0]).toMatch(/config.json: 2 problems\n {2}dim: .*\n {2}activation: /);
  expect(further.problems[1]).toMatch(/model.safetensors: header of/);
});

test("a folder that is not there, a model of another kind, a tokenizer that is too large", async () => {
  expect((await inspectModel(join(folder, "nowhere"))).problems).toEqual([
    expect.stringMatching(/config.json: no such file/),
    expect.stringMatching(/there is no model.safetensors/),
  ]);
  use("neo-window-1");
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(join(golden, "tokenizer", "small", name), join(folder, name));
  expect(await inspectModel(folder)).toMatchObject({
    problems: [],
    notes: [
      "the tokenizer has ids up to 399, vocab_size is 19: a text with one of the 381 tokens from id 19 on is refused",
    ],
  });
  changeConfig({ model_type: "mamba" });
  expect((await inspectModel(folder)).problems).toEqual([
    expect.stringMatching(/model_type: expected one of gpt_neox, gpt_neo, .*distilbert, .*received "mamba"/),
  ]);
});
