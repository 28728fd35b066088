import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { assetPath } from "../assets.js";
import { chooseModelFiles, copyTokenizer } from "./model-files.js";

let from: string;
let to: string;
beforeEach(() => {
  [from, to] = ["from", "to"].map((name) => mkdtempSync(join(tmpdir(), `rewardscope-${name}-`)));
});
afterEach(() => {
  for (const folder of [from, to]) rmSync(folder, { recursive: true });
});

test("the tokenizer of every kind of folder is copied whole, with its chat template, and nothing else", async () => {
  const json = ["added_tokens", "special_tokens_map", "tokenizer", "tokenizer_config", "vocab"].map(
    (name) => `${name}.json`,
  );
  const tokenizer = [...json, "chat_template.jinja", "merges.txt", "vocab.txt"];
  for (const name of [...tokenizer, "config.json", "generation_config.json", "model.safetensors", "README.md"])
    writeFileSync(join(from, name), `contents of ${name}`);
  await copyTokenizer(from, to);
  expect(readdirSync(to).sort()).toEqual(tokenizer.sort());
  for (const name of tokenizer) expect(readFileSync(join(to, name), "utf8")).toBe(`contents of ${name}`);
});

test("of the embedded model: its three files", async () => {
  await copyTokenizer(assetPath("embedded"), to);
  expect(readdirSync(to).sort()).toEqual(["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]);
});

test("a chat template is asked for without the rest of a tokenizer", () => {
  const paths = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"];
  const weights = ["config.json", "model.safetensors"];
  expect(chooseModelFiles(["weights"])(paths).files).toEqual(weights);
  const { files, missing } = chooseModelFiles(["weights", "template"])(paths);
  expect([[...files].sort(), missing]).toEqual([
    ["chat_template.jinja", ...weights, "tokenizer_config.json"].sort(),
    [],
  ]);
  // Few models have one.
  expect(chooseModelFiles(["weights", "template"])(weights)).toEqual({ files: weights, missing: [], help: undefined });
  const adapter = ["adapter_config.json", "adapter_model.safetensors", "tokenizer_config.json"];
  expect([...chooseModelFiles(["weights", "template"])(adapter).files].sort()).toEqual(adapter);
});
