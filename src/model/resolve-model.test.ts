import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commitOf, type FakeHub, startHub } from "../../test/support/hub-server.js";
import { assetPath } from "../assets.js";
import { FormatError } from "../errors.js";
import { type HubSettings, hubSettings } from "../io/hub/settings.js";
import { loadModel } from "./load.js";
import { resolveModel } from "./resolve-model.js";
import { loadTokenizer } from "./tokenizer/tokenizer.js";

const golden = (name: string) => join(import.meta.dirname, "../../test/golden/models", name);
const tokenizer = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
  post_processor: null,
  decoder: { type: "ByteLevel" },
  model: { type: "BPE", vocab: { a: 0, b: 1 }, merges: [] },
};

let hub: FakeHub;
let folder: string;
let settings: HubSettings;
beforeEach(async () => {
  hub = await startHub();
  folder = await mkdtemp(join(tmpdir(), "rewardscope-models-"));
  settings = hubSettings({ HF_ENDPOINT: hub.endpoint, HF_HOME: folder });
});
afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

/**
 * A repository `made-up/NAME` with the files of a golden model, a tokenizer, and others. Undefined
 * leaves a file out.
 */
async function publish(name: string, others: Record<string, string | Buffer | undefined> = {}): Promise<string> {
  const names = (await readdir(golden(name))).filter((file) => !file.startsWith("golden"));
  const own = await Promise.all(names.map(async (file) => [file, await readFile(join(golden(name), file))]));
  const all: Record<string, string | Buffer | undefined> = {
    ...Object.fromEntries(own),
    "tokenizer.json": JSON.stringify(tokenizer),
    "README.md": "a model",
    "pytorch_model.bin": "a pickle",
    "onnx/model.safetensors": "another",
    "adapter.safetensors": "another",
    ...others,
  };
  const files = Object.fromEntries(
    Object.entries(all).flatMap(([file, data]) => (data === undefined ? [] : [[file, Buffer.from(data)]])),
  );
  hub.repositories.push({ type: "model", id: `made-up/${name}`, revisions: { main: commitOf(name) }, files });
  return `made-up/${name}`;
}

const downloaded = () =>
  hub.seen
    .flatMap(({ host, url }) => (host === "hub" ? (/\/resolve\/\w+\/(.*)/.exec(url)?.slice(1) ?? []) : []))
    .sort();

test("a model and its tokenizer by id: each takes the files it needs, the same numbers as from the folder", async () => {
  const id = await publish("neox-tied");
  const options = { settings };
  const model = await loadModel(id, options);
  expect(downloaded()).toEqual(["config.json", "generation_config.json", "model.safetensors"]);
  const name = "gpt_neox.embed_in.weight";
  expect(await model.parameter(name)).toEqual(await (await loadModel(golden("neox-tied"))).parameter(name));
  hub.seen.length = 0;
  expect((await loadTokenizer(id, options)).encode("abba")).toEqual([0, 1, 1, 0]);
  expect(downloaded()).toEqual(["tokenizer.json"]);
  hub.seen.length = 0;
  await loadModel(id, { ...options, offline: true });
  await loadTokenizer(id, { ...options, offline: true });
  expect(hub.seen).toEqual([]);
});

test("shards come with their index; one that is missing is named", async () => {
  const id = await publish("neox-sharded");
  await loadModel(id, { settings });
  expect(downloaded()).toEqual([
    "config.json",
    "generation_config.json",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
  ]);
  const cached = await resolveModel(id, { settings });
  await rm(join(cached, "model-00002-of-00002.safetensors"));
  await expect(resolveModel(id, { settings, offline: true })).rejects.toThrow(
    `made-up/neox-sharded: model-00002-of-00002.safetensors is not in the cache: looked for ${cached}`,
  );
});

test("pickled weights where there are no others, with their shards", async () => {
  const torch = join(golden(""), "../torch");
  const pickle = await readFile(join(torch, "neox/pytorch_model.bin"));
  const id = await publish("neox-sequential", { "model.safetensors": undefined, "pytorch_model.bin": pickle });
  await loadModel(id, { settings });
  expect(downloaded()).toEqual(["config.json", "generation_config.json", "pytorch_model.bin"]);
  hub.seen.length = 0;
  const shards = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"];
  const sharded = await publish("neox-rotary-none", {
    "model.safetensors": undefined,
    "pytorch_model.bin": undefined,
    ...Object.fromEntries(shards.map((name) => [name, `the pickle ${name}`])),
    "pytorch_model.bin.index.json": "{}",
  });
  await resolveModel(sharded, { settings, parts: ["weights"] });
  expect(downloaded()).toEqual(["config.json", "generation_config.json", ...shards, "pytorch_model.bin.index.json"]);
});

test("weights of another format alone, and no tokenizer: what to do in Python", async () => {
  const none = { "model.safetensors": undefined, "pytorch_model.bin": undefined, "tf_model.h5": "another" };
  const failure = resolveModel(await publish("neox-tied", none), { settings });
  await expect(failure).rejects.toThrow(FormatError);
  await expect(failure).rejects.toThrow(
    /^made-up\/neox-tied: the repository has no model\.safetensors\n {2}help: tf_model\.h5 is not read\. Convert it in Python.*save_pretrained/,
  );
  const other = await publish("neox-bf16", { "tokenizer.json": undefined });
  await expect(resolveModel(other, { settings })).rejects.toThrow(/has no tokenizer\.json\n {2}help: .*AutoTokenizer/);
  await resolveModel(other, { settings, parts: ["weights"] });
});

test("a tokenizer of older files is one", async () => {
  const old = { "tokenizer.json": undefined, "vocab.json": "{}", "merges.txt": "" };
  const at = await resolveModel(await publish("neox-bf16", old), { settings, parts: ["tokenizer"] });
  expect((await readdir(at)).sort()).toEqual(["merges.txt", "vocab.json"]);
  const words = await publish("neox-tied", { "tokenizer.json": undefined, "vocab.txt": "[PAD]\n" });
  expect(await readdir(await resolveModel(words, { settings, parts: ["tokenizer"] }))).toEqual(["vocab.txt"]);
});

test("an adapter by id: its two files, then its base model; its own tokenizer comes first", async () => {
  const base = await publish("neox-sequential");
  const adapter = join(golden(""), "../adapters/attention");
  const config = JSON.parse(await readFile(join(adapter, "adapter_config.json"), "utf8"));
  const files: Record<string, Buffer> = {
    "adapter_config.json": Buffer.from(JSON.stringify({ ...config, base_model_name_or_path: base, revision: "main" })),
    "adapter_model.safetensors": await readFile(join(adapter, "adapter_model.safetensors")),
    "optimizer.pt": Buffer.from("a pickle"),
  };
  hub.repositories.push({ type: "model", id: "made-up/lora", revisions: { main: commitOf("lora") }, files });
  const expected = await loadModel(adapter, { base: golden("neox-sequential") });
  const model = await loadModel("made-up/lora", { settings });
  const own = ["config.json", "generation_config.json", "model.safetensors"];
  expect(downloaded()).toEqual(["adapter_config.json", "adapter_model.safetensors", ...own]);
  const name = "gpt_neox.layers.1.attention.dense.weight";
  expect(await model.parameter(name)).toEqual(await expected.parameter(name));
  hub.seen.length = 0;
  expect((await loadTokenizer("made-up/lora", { settings })).vocabSize).toBe(2);
  expect(downloaded()).toEqual(["tokenizer.json"]);
  const further = {
    ...files,
    "tokenizer.json": Buffer.from(
      JSON.stringify({ ...tokenizer, model: { ...tokenizer.model, vocab: { a: 0, b: 1, c: 2 } } }),
    ),
  };
  hub.repositories.push({
    type: "model",
    id: "made-up/lora-2",
    revisions: { main: commitOf("lora-2") },
    files: further,
  });
  expect((await loadTokenizer("made-up/lora-2", { settings })).vocabSize).toBe(3);
});

test("`embedded` and folders need no Hub: a folder of an id's name is the folder", async () => {
  const nobody = { settings: { ...settings, fetch: () => expect.unreachable() } };
  expect(await resolveModel("embedded", nobody)).toBe(assetPath("embedded"));
  expect(await resolveModel(golden("neox-tied"), nobody)).toBe(golden("neox-tied"));
  const before = process.cwd();
  process.chdir(folder);
  try {
    await mkdir("made-up/local", { recursive: true });
    expect(await resolveModel("made-up/local", nobody)).toBe("made-up/local");
  } finally {
    process.chdir(before);
  }
  expect(await resolveModel("no/such/folder", nobody)).toBe("no/such/folder");
});
