import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { saveModel } from "../../src/model/load.js";
import { loadTokenizer } from "../../src/model/tokenizer/tokenizer.js";
import { rewriteTensors } from "../support/model-folder.js";
import { root, start } from "../support/program.js";
import { tinyGpt2, tinyLlamaLike } from "../support/tiny-models.js";

const classifier = join(root, "test/golden/models/distilbert-text");
const folder = mkdtempSync(join(tmpdir(), "rewardscope-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

const verify = (...args: string[]) => start("rewardscope", ["verify-model", ...args]).ended;

test("a language model: what it is, and what it continues a prompt with", async () => {
  const { code, stdout } = await verify("embedded", "--json");
  expect(code).toBe(0);
  const { architecture, total, sample, uses } = JSON.parse(stdout);
  expect([architecture, total, sample.finite]).toEqual(["GPTNeoXForCausalLM", 6_836_224, true]);
  expect(sample.continuation.length).toBeGreaterThan(10);
  expect(Object.fromEntries(uses.map(({ use, works }: { use: string; works: boolean }) => [use, works]))).toEqual({
    "sample; tuned model of a pair (audit, carry)": true,
    "base model of a pair": true,
    "tuning (run)": true,
    reward: false,
    conversations: false,
    "end of texts": true,
  });
});

test.each([
  ["llama", "llama3", "LlamaForCausalLM"],
  ["gemma3_text", "gemma", "Gemma3ForCausalLM"],
  ["qwen3", "qwen2", "Qwen3ForCausalLM"],
  ["gpt2", "small", "GPT2LMHeadModel"],
])("a model of another family, as it was saved, with its tokenizer: %s", async (modelType, name, className) => {
  const tokenizer = join(root, "test/golden/tokenizer", name);
  const vocab_size = (await loadTokenizer(tokenizer)).vocabSize;
  const model = await (modelType === "gpt2" ? tinyGpt2({ vocab_size }) : tinyLlamaLike(modelType, { vocab_size }));
  const saved = join(folder, modelType);
  await saveModel(model, saved);
  for (const file of ["tokenizer.json", "tokenizer_config.json"]) cpSync(join(tokenizer, file), join(saved, file));
  const { code, stdout } = await verify(saved, "--json");
  expect(code).toBe(0);
  const { architecture, total, missing, unused, notes, sample } = JSON.parse(stdout);
  expect([architecture, missing, unused, notes, sample.finite]).toEqual([className, [], [], [], true]);
  expect(total).toBe(model.store.layout.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0));
  expect(sample.continuation.length).toBeGreaterThan(5);
  await model.dispose();
});

test("a classifier: its labels, and their logits for two texts", async () => {
  const { code, stdout } = await verify(classifier);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^parameters +3,378$/m);
  expect(stdout).toMatch(/each of 2 blocks: 532$/m);
  expect(stdout.match(/POSITIVE -?\d\.\d+, NEGATIVE -?\d\.\d+/g)).toHaveLength(2);
  expect(stdout).toMatch(
    /^works with +reward: yes, the logit of class POSITIVE\n +sample, tuning, pairs: no, a classifier/m,
  );
});

test("a folder that cannot be loaded: exit code 2, and all that is wrong", async () => {
  const { code, stdout, stderr } = await verify(folder, "--json");
  expect(code).toBe(2);
  expect(JSON.parse(stdout).problems).toHaveLength(2);
  expect(JSON.parse(stderr).error.message).toMatch(
    /cannot be loaded, 2 problems\n.*config.json: no such file\n.*no model.safetensors/,
  );
});

test("a model whose weights or logits are not numbers: exit code 2 and 1", async () => {
  const broken = join(folder, "broken");
  cpSync(classifier, broken, { recursive: true });
  const path = join(broken, "model.safetensors");
  const fill = (values: Record<string, number>) =>
    rewriteTensors(path, (name, tensor) => {
      if (name in values) (tensor.data as Float32Array).fill(values[name]);
      return [name, tensor];
    });
  await fill({ "classifier.weight": 3e38, "pre_classifier.bias": 100 });
  const huge = await verify(broken);
  expect(huge.code).toBe(1);
  expect(huge.stdout).toMatch(/^parameters +3,378$/m);
  expect(huge.stderr).toMatch(/broken: the logits of the sample are not all finite/);
  await fill({ "classifier.bias": Number.NaN });
  const { code, stdout, stderr } = await verify(broken);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(
    /1 problem\n.*broken.model\.safetensors: tensor classifier\.bias: 2 of 2 values are not finite, the first is NaN at \[0\]/,
  );
});

test("what is worth knowing of a model that loads: names, a value head, tokens without an embedding", async () => {
  const odd = join(folder, "odd");
  cpSync(join(root, "assets/embedded"), odd, { recursive: true });
  await rewriteTensors(join(odd, "model.safetensors"), (name, tensor) => [`pretrained_model.${name}`, tensor], {
    "v_head.summary.bias": { dims: [1], data: Float32Array.of(1) },
  });
  const file = join(odd, "tokenizer.json");
  const tokenizer = JSON.parse(readFileSync(file, "utf8"));
  tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 8192, content: "<pad>" });
  writeFileSync(file, JSON.stringify(tokenizer));
  const { code, stdout } = await verify(odd);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^unused +1 tensors\n +value head: v_head\.summary\.bias$/m);
  expect(stdout).toMatch(/^note +names of tensors are read without "pretrained_model\."$/m);
  expect(stdout).toMatch(
    /^note +the tokenizer has ids up to 8192, vocab_size is 8192: a text with one of the 1 tokens/m,
  );
  const sample = await start("rewardscope", ["sample", odd, "--prompt", "So<pad>"]).ended;
  expect([sample.code, sample.stdout]).toEqual([2, ""]);
  expect(sample.stderr).toMatch(/token id 8192 is outside the vocabulary of 8192/);
});
