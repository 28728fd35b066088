import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { tinyModel } from "../../test/support/tiny-models.js";
import { FormatError } from "../errors.js";
import { openSafetensors, writeSafetensors } from "../io/safetensors.js";
import { Engine } from "../runtime/engine.js";
import { loadModel, loadModelConfig, saveModel } from "./load.js";

const golden = (name: string): string => fileURLToPath(new URL(`../../test/golden/models/${name}`, import.meta.url));

const engine = new Engine();
afterAll(() => engine.close());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-load-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The error of loading the folder. */
async function failure(): Promise<FormatError> {
  const error = await loadModel(folder, { engine }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

function changeConfig(change: Record<string, unknown>): void {
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...change }));
}

describe("a folder that is not whole", () => {
  beforeEach(() => cpSync(golden("neox-sequential"), folder, { recursive: true }));

  test("no config.json, and no folder", async () => {
    rmSync(join(folder, "config.json"));
    expect((await failure()).message).toBe(`${join(folder, "config.json")}: no such file`);
    await expect(loadModel(join(folder, "nowhere"))).rejects.toThrow("nowhere/config.json: no such file");
  });

  test("a config.json that is not JSON, not an object, or of another architecture", async () => {
    const file = join(folder, "config.json");
    writeFileSync(file, "{");
    expect(await failure()).toMatchObject({ file, message: expect.stringContaining("expected JSON") });
    writeFileSync(file, "[]");
    expect((await failure()).message).toBe(`${file}: expected a JSON object, received []`);
    writeFileSync(file, '{"model_type": "mamba"}');
    expect((await failure()).message).toMatch(/model_type: expected one of .*gpt_neox.*, received "mamba"/);
  });

  test("a field that is missing or senseless", async () => {
    changeConfig({ hidden_size: undefined });
    expect((await failure()).message).toContain(
      "config.json: hidden_size: expected a whole number from 1 to 65536, received nothing",
    );
    changeConfig({ hidden_size: 8.5 });
    expect((await failure()).message).toContain("hidden_size: expected a whole number from 1 to 65536, received 8.5");
    changeConfig({ hidden_size: 8, hidden_act: "prelu" });
    expect((await failure()).message).toMatch(/hidden_act: expected one of gelu, .*, received "prelu"/);
    changeConfig({ hidden_act: "toString" });
    expect((await failure()).message).toContain('received "toString"');
  });

  test("no weights", async () => {
    rmSync(join(folder, "model.safetensors"));
    expect(await failure()).toMatchObject({
      file: folder,
      message: expect.stringContaining("there is no model.safetensors"),
    });
  });

  test("weights in another format only: how to convert them", async () => {
    rmSync(join(folder, "model.safetensors"));
    writeFileSync(join(folder, "tf_model.h5"), "");
    expect((await failure()).message).toMatch(
      /there is no model\.safetensors\n {2}help: tf_model\.h5 is not read\. Convert it in Python/,
    );
  });

  test("truncated weights", async () => {
    const file = join(folder, "model.safetensors");
    truncateSync(file, 5000);
    const error = await failure();
    expect(error.file).toBe(file);
    expect(error.message).toMatch(
      /header describes \d+ bytes of tensors, the file holds \d+\n {2}help: The file is truncated/,
    );
    truncateSync(file, 100);
    expect((await failure()).message).toContain("header of");
  });

  test("a tensor that is missing, and one of another shape", async () => {
    const path = join(folder, "model.safetensors");
    const file = await openSafetensors(path);
    const tensors = await Promise.all(
      [...file.tensors.keys()].map(async (name) => [name, await file.read(name)] as const),
    );
    await file.close();
    const rest = tensors.filter(([name]) => name !== "gpt_neox.final_layer_norm.bias");
    await writeSafetensors(path, rest);
    expect((await failure()).message).toContain(
      `${path}: does not fit config.json: 1 of 28 tensors are missing: gpt_neox.final_layer_norm.bias\n  help: `,
    );
    changeConfig({ vocab_size: 20 });
    const error = await failure();
    expect(error.message).toContain(
      "final_layer_norm.bias; gpt_neox.embed_in.weight is [19, 8], config.json says [20, 8]; embed_out.weight is",
    );
    expect(error).toMatchObject({ file: path, help: "config.json and the weights must come from the same model" });
  });

  test("integers where weights should be", async () => {
    const path = join(folder, "model.safetensors");
    const file = await openSafetensors(path);
    const names = [...file.tensors.keys()];
    const tensors = await Promise.all(names.map(async (name) => [name, await file.read(name)] as const));
    await file.close();
    const changed = tensors.map(([name, { dims, data }]) =>
      name === "embed_out.weight"
        ? ([name, { dims, data: new Uint8Array(data.length) }] as const)
        : ([name, { dims, data }] as const),
    );
    await writeSafetensors(path, changed);
    expect((await failure()).message).toContain("tensor embed_out.weight: expected F32, F16, BF16, F64, received U8");
  });
});

describe("Git LFS pointers, folders and pipes in place of files", () => {
  beforeEach(() => cpSync(golden("neox-sequential"), folder, { recursive: true }));

  test.each(["config.json", "generation_config.json", "model.safetensors"])("%s", async (name) => {
    const file = join(folder, name);
    writeFileSync(file, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\n");
    expect(await failure()).toMatchObject({
      file,
      message: expect.stringMatching(/is a Git LFS pointer, not the file .*\n {2}help: .*git lfs pull/),
    });
    rmSync(file);
    mkdirSync(file);
    expect((await failure()).message).toBe(`${file}: expected a file, received a folder`);
    rmSync(file, { recursive: true });
    execFileSync("mkfifo", [file]);
    expect((await failure()).message).toBe(`${file}: expected a file, received neither file nor folder`);
  });
});

test("what is saved is loaded again: to the bit in F32, rounded in 16 bits", async () => {
  const model = await tinyModel(
    { useParallelResidual: false, tieWordEmbeddings: true, rotaryPct: 1, eosTokenIds: [3, 5] },
    { engine },
  );
  for (const [dtype, tolerance] of [
    ["F32", 0],
    ["F16", 2 ** -11],
    ["BF16", 2 ** -8],
  ] as const) {
    await saveModel(model, folder, { dtype });
    const again = await loadModel(folder, { engine });
    expect(again.config).toEqual(model.config);
    expect([...again.parameterNames].sort()).toEqual([...model.parameterNames].sort());
    for (const name of model.parameterNames) {
      const [saved, original] = [await again.parameter(name), await model.parameter(name)];
      expect(saved.dims).toEqual(original.dims);
      expectClose(saved.data, original.data, tolerance, `${name} in ${dtype}`);
    }
    const file = await openSafetensors(join(folder, "model.safetensors"));
    expect(file.tensors.get("gpt_neox.embed_in.weight")?.dtype).toBe(dtype);
    await file.close();
    await again.dispose();
  }
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  await saveModel(model, first, { dtype: "F16" });
  await saveModel(await loadModel(first, { engine }), second, { dtype: "F16" });
  expect(readFileSync(join(second, "model.safetensors")).equals(readFileSync(join(first, "model.safetensors")))).toBe(
    true,
  );
  expect(JSON.parse(readFileSync(join(first, "generation_config.json"), "utf8"))).toMatchObject({
    bos_token_id: 0,
    eos_token_id: [3, 5],
  });
});

test("a trainable model has gradients and moments, zero at first", async () => {
  const model = await loadModel(golden("neox-tied"), { engine, trainable: true });
  for (const region of ["gradients", "firstMoment", "secondMoment"] as const)
    expect((await model.store.read("gpt_neox.embed_in.weight", region)).data.every((value) => value === 0)).toBe(true);
});

test("what transformers takes as a fraction alone is written as one", async () => {
  const model = await loadModel(golden("gemma3"), { engine });
  await saveModel(model, folder);
  expect(readFileSync(join(folder, "config.json"), "utf8")).toContain('"final_logit_softcapping": 3.0,');
  expect((await loadModelConfig(folder)).config).toEqual(model.config);
});

test("config.json alone can be read", async () => {
  const { architecture, config } = await loadModelConfig(golden("neox-tied"));
  expect(architecture.className).toBe("GPTNeoXForCausalLM");
  expect(config).toMatchObject({
    modelType: "gpt_neox",
    vocabSize: 19,
    dModel: 8,
    dMlp: 12,
    nLayers: 2,
    nHeads: 2,
    maxPositions: 64,
  });
});
