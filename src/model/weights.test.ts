import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { changeJson, copyOfModel, loadFailure, rewriteTensors } from "../../test/support/model-folder.js";
import type { StoredTensor } from "../io/safetensors.js";
import { Engine } from "../runtime/engine.js";
import { checkModel, loadModel } from "./load.js";

const engine = new Engine();
afterAll(() => engine.close());

let folder: string;
afterEach(() => rmSync(folder, { recursive: true }));
const failure = () => loadFailure(folder, engine);

describe("weights under other names", () => {
  beforeEach(() => {
    folder = copyOfModel("neox-sequential");
  });

  const rename = (change: (name: string) => string, further: Record<string, StoredTensor> = {}) =>
    rewriteTensors(join(folder, "model.safetensors"), (name, tensor) => [change(name), tensor], further);

  const head: Record<string, StoredTensor> = {
    "v_head.summary.weight": { dims: [1, 8], data: new Float32Array(8) },
    "v_head.summary.bias": { dims: [1], data: new Float32Array(1) },
  };
  const bare = (name: string) => name.replace(/^gpt_neox\./, "");

  test.each<[string, (name: string) => string, string]>([
    ["_orig_mod.", (name) => `_orig_mod.${name}`, 'without "_orig_mod."'],
    ["module.", (name) => `module.${name}`, 'without "module."'],
    ["pretrained_model.", (name) => `pretrained_model.${name}`, 'without "pretrained_model."'],
    ["base_model.model.", (name) => `base_model.model.${name}`, 'without "base_model.model."'],
    ["nested", (name) => `module.pretrained_model.${name}`, 'without "module.pretrained_model."'],
    ["inner", (name) => name.replace(/(layers\.\d\.)/, "$1_orig_mod."), 'without "_orig_mod."'],
    ["lacking gpt_neox.", bare, 'with "gpt_neox." before them'],
    ["twice gpt_neox.", (name) => `gpt_neox.${name}`, 'without "gpt_neox."'],
    ["wrapped and lacking", (name) => `module.${bare(name)}`, 'without "module.", with "gpt_neox." before them'],
  ])("%s", async (_, change, words) => {
    const original = await loadModel(folder, { engine });
    await rename(change, head);
    expect(await checkModel(folder)).toEqual([
      `names of tensors are read ${words}`,
      "2 tensors are not used: 2 of a value head",
    ]);
    const model = await loadModel(folder, { engine });
    for (const name of original.parameterNames)
      expect(await model.parameter(name)).toEqual(await original.parameter(name));
    await Promise.all([original.dispose(), model.dispose()]);
  });

  test("nothing fits: the first few names and their number, of both", async () => {
    await rename((name) => `made_up.${name}`);
    expect((await failure()).message).toMatch(
      /28 of 28 tensors are missing: gpt_neox\.embed_in\.weight, .* and 25 more; the file has made_up\.\S+, .* and 25 more\n {2}help/,
    );
  });

  test("more blocks than there are", async () => {
    changeJson(join(folder, "config.json"), { num_hidden_layers: 1000 });
    expect((await failure()).message).toMatch(
      /11976 of 12004 tensors are missing: gpt_neox\.layers\.2\.\S+, .*; the file has 2 of 1000 blocks/,
    );
  });

  test("a parameter that is there twice", async () => {
    await rename((name) => `module.${name}`, { "embed_out.weight": { dims: [19, 8], data: new Float32Array(152) } });
    expect((await failure()).message).toContain(
      "embed_out.weight is there 2 times: embed_out.weight, module.embed_out.weight",
    );
  });

  test("buffers of any format are left aside, and said", async () => {
    await rename((name) => name, {
      "gpt_neox.layers.0.attention.bias": { dims: [1, 1, 2, 2], data: new Uint8Array(4) },
      "gpt_neox.layers.0.attention.masked_bias": { dims: [], data: Float32Array.of(Number.NEGATIVE_INFINITY) },
      "gpt_neox.rotary_emb.inv_freq": { dims: [1], data: new Float32Array(1) },
      "score.weight": { dims: [1, 8], data: new Float32Array(8) },
      optimizer: { dims: [1], data: BigInt64Array.of(1n) },
    });
    expect(await checkModel(folder)).toEqual([
      "5 tensors are not used: 3 buffers, 1 of a value head, 1 that are not known (optimizer)",
    ]);
    await (await loadModel(folder, { engine })).dispose();
  });

  test("an adapter inside the weights", async () => {
    const lora = "base_model.model.gpt_neox.layers.0.attention.dense.lora_A.weight";
    await rename((name) => `base_model.model.${name}`, { [lora]: { dims: [1], data: new Float32Array(1) } });
    expect((await failure()).message).toMatch(/1 of 29 tensors are of a LoRA adapter: base_model.*merge_and_unload/s);
  });
});

describe("weights that are spoilt", () => {
  beforeEach(() => {
    folder = copyOfModel("neox-sequential");
  });

  test.each([
    ["NaN", Number.NaN, "F32"],
    ["an infinity", Number.NEGATIVE_INFINITY, "F32"],
    ["NaN in half precision", Number.NaN, "F16"],
    ["an infinity in bfloat16", Number.POSITIVE_INFINITY, "BF16"],
  ] as const)("%s: tensor and place", async (_, value, dtype) => {
    const path = join(folder, "model.safetensors");
    await rewriteTensors(path, (name, tensor) => {
      if (name === "gpt_neox.layers.1.mlp.dense_h_to_4h.weight") (tensor.data as Float32Array).fill(value, 29, 31);
      return [name, { ...tensor, dtype } as StoredTensor];
    });
    const error = await failure();
    expect(error.file).toBe(path);
    expect(error.message).toContain(
      `tensor gpt_neox.layers.1.mlp.dense_h_to_4h.weight: 2 of 96 values are not finite, the first is ${value} at [3, 5]`,
    );
  });
});

describe("shards", () => {
  let index: string;
  beforeEach(() => {
    folder = copyOfModel("neox-sharded");
    index = join(folder, "model.safetensors.index.json");
  });

  test("one that is missing", async () => {
    rmSync(join(folder, "model-00002-of-00002.safetensors"));
    expect((await failure()).message).toBe(
      `${index}: 1 of 2 files are not there: model-00002-of-00002.safetensors\n  help: Fetch the missing files into the same folder.`,
    );
  });

  test("an index that says nothing", async () => {
    for (const content of ["{}", '{"weight_map": null}', '{"weight_map": {}}', '{"weight_map": ["a"]}']) {
      writeFileSync(index, content);
      expect((await failure()).message).toBe(`${index}: expected a weight_map from tensors to files`);
    }
    writeFileSync(index, "null");
    expect((await failure()).message).toBe(`${index}: expected a JSON object, received null`);
    writeFileSync(
      index,
      Uint8Array.from({ length: 100 }, (_, i) => 255 - i),
    );
    expect((await failure()).message).toMatch(/index\.json: expected text in UTF-8/);
  });

  const mapped = (): Record<string, string> => JSON.parse(readFileSync(index, "utf8")).weight_map;

  test.each(["../model.safetensors", "a/../../b", "/tmp/model.safetensors", "..\\b", "C:\\b", "", "a\0b", 5, null])(
    "a file outside the folder, or none: %j",
    async (file) => {
      writeFileSync(index, JSON.stringify({ weight_map: { ...mapped(), "embed_out.weight": file } }));
      expect((await failure()).message).toBe(
        `${index}: weight_map: embed_out.weight: expected the name of a file in the folder, received ${JSON.stringify(file)}`,
      );
    },
  );

  test("links to files elsewhere, as in the Hub's cache", async () => {
    const blob = mkdtempSync(join(tmpdir(), "rewardscope-blobs-"));
    for (const name of new Set(Object.values(mapped()))) {
      renameSync(join(folder, name), join(blob, name));
      symlinkSync(join(blob, name), join(folder, name));
    }
    await (await loadModel(folder, { engine })).dispose();
    rmSync(blob, { recursive: true });
    expect((await failure()).message).toMatch(/index\.json: 2 of 2 files are not there/);
  });

  test("tensors that are not where the index says, and tensors that it does not name", async () => {
    const map = mapped();
    const [first, second] = [...new Set(Object.values(map))];
    const at = (file: string) => Object.keys(map).filter((name) => map[name] === file);
    writeFileSync(index, JSON.stringify({ weight_map: { ...map, [at(first)[0]]: second, made_up: first } }));
    expect((await failure()).message).toContain(
      `${index}: 2 tensors are not in the file that weight_map names: ${at(first)[0]} in ${second}, made_up in ${first}`,
    );
    const { [at(second)[0]]: _, ...without } = map;
    writeFileSync(index, JSON.stringify({ weight_map: without }));
    expect((await failure()).message).toContain(
      `${index}: 1 tensors are in a file where weight_map has none or another: ${at(second)[0]} in ${second}`,
    );
  });
});
