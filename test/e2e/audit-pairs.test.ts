import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSafetensors } from "../../src/io/safetensors.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { architectures } from "../../src/model/load.js";
import { Rng } from "../../src/rng.js";
import { elementCount } from "../../src/runtime/tensor.js";
import { sum } from "../../src/stats/moments.js";
import { runAudit, writeTexts } from "../support/audit-run.js";
import { changeJson, savedWithTokenizer } from "../support/model-folder.js";
import { countStores } from "../support/stored-pair.js";
import { tinyGpt2, tinyGptNeo, tinyLlamaLike, tinyModel } from "../support/tiny-models.js";

let folder: string;
let texts: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-pairs-"));
  texts = await writeTexts(folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** A random model of a family with the embedded tokenizer's 8,192 tokens. */
function tinyOf(family: string, seed: number): Promise<CausalLm> {
  const [own, json] = [
    { vocabSize: 8192, eosTokenIds: [0] },
    { vocab_size: 8192, eos_token_id: 0 },
  ];
  if (family === "gpt_neox") return tinyModel(own, { seed });
  if (family === "gpt_neo") return tinyGptNeo(own, { seed });
  return family === "gpt2" ? tinyGpt2(json, { seed }) : tinyLlamaLike(family, json, { seed });
}

const savedOf = async (family: string, seed: number, name: string) =>
  savedWithTokenizer(await tinyOf(family, seed), join(folder, name));

const sizes = {
  "audit.prompts": 20,
  "audit.promptTokens": 4,
  "audit.newTokens": 6,
  "audit.texts": 20,
  "audit.textTokens": 8,
  "audit.partPrompts": 2,
  "statistics.resamples": 10,
};

const auditOf = (name: string, base: string, tuned: string, more: Readonly<Record<string, unknown>> = {}) =>
  runAudit(join(folder, name), {
    ...sizes,
    "corpus.source": texts,
    "model.base": base,
    "model.tuned": tuned,
    ...more,
  });

describe("a random pair of every family", () => {
  test.each(architectures.map(({ modelType }) => modelType))("%s", async (family) => {
    const [base, tuned] = [await savedOf(family, 1, `${family}-1`), await savedOf(family, 2, `${family}-2`)];
    const { results, page } = await auditOf(`audit-${family}`, base, tuned);
    const { kl, parts, prompts, shifts } = results.audit!;
    expect(prompts).toBe(20);
    expect(kl.tunedFromBase.low).toBeGreaterThan(0);
    expect(kl.baseFromTuned.low).toBeGreaterThan(0);
    expect(shifts).toHaveLength(19);
    expect(parts!.contrast.value).toBeGreaterThan(0);
    expect(parts!.parts.map(({ module, layer }) => `${module} ${layer}`)).toEqual(
      expect.arrayContaining(["embedding null", "attention 0", "mlp 0", "attention 1", "mlp 1", "norm null"]),
    );
    expect(results.divergence!.layers.map(({ layer, divergence }) => [layer, divergence > 0])).toEqual([
      [0, true],
      [1, true],
    ]);
    expect(page).toContain("nats of KL divergence away from the base model");
  });
});

test("an audit has one model in memory at a time, also for its parts and preferences", async () => {
  const make = (seed: number) => tinyOf("gpt_neox", seed);
  const model = await make(1);
  const values = sum(model.store.layout.map(({ dims }) => elementCount(dims)));
  const base = await savedWithTokenizer(model, join(folder, "one-at-a-time-1"));
  const tuned = await savedWithTokenizer(await make(2), join(folder, "one-at-a-time-2"));
  const preferences = join(folder, "one-at-a-time.jsonl");
  const row = (i: number) => JSON.stringify({ prompt: `Film ${i}`, chosen: " was good.", rejected: " was long." });
  await writeFile(preferences, Array.from({ length: 40 }, (_, i) => row(i)).join("\n"));
  const counted = countStores();
  const { results } = await auditOf("audit-one-at-a-time", base, tuned, { "audit.preferences": preferences });
  counted.restore();
  expect(results.audit!.parts).toBeDefined();
  expect(results.preferences!.pairs!.pairs).toBe(40);
  expect(counted.now).toEqual({ stores: 0, values: 0 });
  // Two unembeddings are there together, without the rest of their models.
  expect(counted.most).toEqual({ stores: 2, values });
  expect(await readdir(join(folder, "audit-one-at-a-time"))).not.toContain(".scratch-audit");
});

test("a LoRA folder: what it changes is the difference, and nothing else", async () => {
  const base = await savedOf("llama", 1, "lora-base");
  const tuned = join(folder, "lora");
  await mkdir(tuned);
  const rng = Rng.fromSeed(1, "adapter");
  const drawn = (dims: number[]) => ({
    dtype: "F32" as const,
    dims,
    data: Float32Array.from({ length: dims[0] * dims[1] }, () => rng.normal()),
  });
  const module = "base_model.model.model.layers.1.mlp.up_proj";
  await writeSafetensors(join(tuned, "adapter_model.safetensors"), {
    [`${module}.lora_A.weight`]: drawn([2, 16]),
    [`${module}.lora_B.weight`]: drawn([24, 2]),
  });
  await writeFile(
    join(tuned, "adapter_config.json"),
    JSON.stringify({
      peft_type: "LORA",
      r: 2,
      lora_alpha: 4,
      target_modules: ["up_proj"],
      base_model_name_or_path: "?",
    }),
  );
  const { results } = await auditOf("audit-lora", base, tuned);
  expect(results.audit!.kl.tunedFromBase.value).not.toBe(0);
  const changed = results.divergence!.layers.flatMap(({ tensors }) => tensors.filter(({ l2 }) => l2 > 0));
  expect(changed.map(({ name }) => name)).toEqual(["model.layers.1.mlp.up_proj.weight"]);
  const carrying = results.audit!.parts!.parts.filter(({ intoBase }) => intoBase.share.value !== 0);
  expect(carrying.map(({ module, layer }) => [module, layer])).toEqual([["mlp", 1]]);
  expect(carrying[0].intoBase.share.value).toBeCloseTo(1, 5);
});

const TEMPLATE =
  "{% for message in messages %}[{{ message.role }}] {{ message.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

test("a pair of which the tuned model chats: prompts are messages in its template, and so are conversations", async () => {
  const base = await savedOf("qwen2", 1, "chat-base");
  const tuned = await savedOf("qwen2", 2, "chat-tuned");
  changeJson(join(tuned, "tokenizer_config.json"), { chat_template: TEMPLATE });
  const rows = Array.from({ length: 20 }, (_, i) => ({
    chosen: [{ role: "user", content: `Name ${i}` }, { role: "assistant", content: "A" }],
    rejected: [{ role: "user", content: `Name ${i}` }, { role: "assistant", content: "Be" }],
  })); // biome-ignore format: short
  const preferences = join(folder, "chats.json");
  await writeFile(preferences, JSON.stringify(rows));
  const more = { "audit.chatTokens": 12, "audit.preferences": preferences };
  const { results, page } = await auditOf("audit-chat", base, tuned, more);
  expect(results.audit!.template).toBe("tuned");
  expect(results.preferences).toMatchObject({ form: "tuned", bad: 0, longer: 0, pairs: { pairs: 20 } });
  expect(page).toContain("chat template");
  const lines = (await readFile(join(folder, "audit-chat", "audit", "texts.jsonl"), "utf8")).trim().split("\n");
  const [first] = lines.map((line) => JSON.parse(line));
  expect(first.prompt).toMatch(/^Film \d+ was long, and it was fine/);

  const plain = await auditOf("audit-plain", base, tuned, { ...more, "audit.chat": "never" });
  expect(plain.results.audit!.template).toBeUndefined();
  expect(plain.results.preferences!.form).toBe("transcript");
  expect(plain.results.audit!.kl).not.toEqual(results.audit!.kl);
});

test("a tuned model without a tokenizer: the base model's serves both", async () => {
  const base = await savedOf("gpt_neox", 1, "with-tokenizer");
  const tuned = await savedOf("gpt_neox", 2, "without-tokenizer");
  for (const file of ["tokenizer.json", "tokenizer_config.json"]) await rm(join(tuned, file));
  expect((await auditOf("audit-without", base, tuned)).results.audit!.prompts).toBe(20);
});
