import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openSafetensors, writeSafetensors } from "../../src/io/safetensors.js";
import { root, start } from "../support/program.js";

const classifier = join(root, "test/golden/models/distilbert-text");
const folder = mkdtempSync(join(tmpdir(), "rewardscope-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

const verify = (...args: string[]) => start("rewardscope", ["verify-model", ...args]).ended;

test("a language model: what it is, and what it continues a prompt with", async () => {
  const { code, stdout } = await verify("embedded", "--json");
  expect(code).toBe(0);
  const { architecture, total, sample } = JSON.parse(stdout);
  expect([architecture, total, sample.finite]).toEqual(["GPTNeoXForCausalLM", 6_836_224, true]);
  expect(sample.continuation.length).toBeGreaterThan(10);
});

test("a classifier: its labels, and their logits for two texts", async () => {
  const { code, stdout } = await verify(classifier);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^parameters +3,378$/m);
  expect(stdout).toMatch(/each of 2 blocks: 532$/m);
  expect(stdout.match(/POSITIVE -?\d\.\d+, NEGATIVE -?\d\.\d+/g)).toHaveLength(2);
});

test("a folder that cannot be loaded: exit code 2, and all that is wrong", async () => {
  const { code, stdout, stderr } = await verify(folder, "--json");
  expect(code).toBe(2);
  expect(JSON.parse(stdout).problems).toHaveLength(2);
  expect(JSON.parse(stderr).error.message).toMatch(
    /cannot be loaded, 2 problems\n.*config.json: no such file\n.*no model.safetensors/,
  );
});

test("a model whose logits are not numbers: exit code 1", async () => {
  const broken = join(folder, "broken");
  cpSync(classifier, broken, { recursive: true });
  const file = await openSafetensors(join(broken, "model.safetensors"));
  const names = [...file.tensors.keys()];
  const tensors = await Promise.all(names.map(async (name) => [name, await file.read(name)] as const));
  await file.close();
  tensors.find(([name]) => name === "classifier.bias")![1].data.fill(Number.NaN);
  await writeSafetensors(join(broken, "model.safetensors"), tensors);
  const { code, stdout, stderr } = await verify(broken);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^parameters +3,378$/m);
  expect(stderr).toMatch(/broken: the logits of the sample are not all finite/);
});
