import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { copyOfModel, goldenModel, loadFailure } from "../../test/support/model-folder.js";
import { Engine } from "../runtime/engine.js";
import { modelFilesIn } from "./folder-files.js";
import { checkModel, loadModel } from "./load.js";

const golden = resolve(import.meta.dirname, "../../test/golden/torch");

const engine = new Engine();
afterAll(() => engine.close());

let folder: string;
beforeEach(() => {
  folder = copyOfModel("neox-sequential");
  rmSync(join(folder, "model.safetensors"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ["neox", ["pytorch_model.bin"]],
  [
    "neox-sharded",
    ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"],
  ],
])("%s: the weights of the same model in safetensors; buffers and a value head are said once", async (name, files) => {
  cpSync(join(golden, name), folder, { recursive: true });
  const [model, expected] = [
    await loadModel(folder, { engine }),
    await loadModel(goldenModel("neox-sequential"), { engine }),
  ];
  for (const parameter of expected.parameterNames)
    expect(await model.parameter(parameter), parameter).toEqual(await expected.parameter(parameter));
  expect(await checkModel(folder)).toEqual(["7 tensors are not used: 6 buffers, 1 of a value head"]);
  expect(await modelFilesIn(folder, ["weights"])).toEqual(["config.json", "generation_config.json", ...files]);
  await Promise.all([model.dispose(), expected.dispose()]);
});

test("GPT-2 as TRL saved it: a tied embedding twice, masks in bytes, and a value head", async () => {
  const gpt2 = copyOfModel("gpt2");
  rmSync(join(gpt2, "model.safetensors"));
  cpSync(join(golden, "gpt2"), gpt2, { recursive: true });
  const [model, expected] = [await loadModel(gpt2, { engine }), await loadModel(goldenModel("gpt2"), { engine })];
  for (const parameter of expected.parameterNames)
    expect(await model.parameter(parameter), parameter).toEqual(await expected.parameter(parameter));
  expect(await checkModel(gpt2)).toEqual([
    "7 tensors are not used: 4 buffers, 1 copies of the embedding, 2 of a value head",
  ]);
  await Promise.all([model.dispose(), expected.dispose()]);
  rmSync(gpt2, { recursive: true });
});

test("safetensors come first; an index that names what is not there is an error", async () => {
  cpSync(join(golden, "neox-sharded"), folder, { recursive: true });
  rmSync(join(folder, "pytorch_model-00002-of-00002.bin"));
  expect((await loadFailure(folder, engine)).message).toContain(
    "1 of 2 files are not there: pytorch_model-00002-of-00002.bin",
  );
  cpSync(join(goldenModel("neox-sequential"), "model.safetensors"), join(folder, "model.safetensors"));
  await (await loadModel(folder, { engine })).dispose();
});

test("a pickle that would run a program is refused", async () => {
  writeFileSync(join(folder, "pytorch_model.bin"), readFileSync(join(golden, "refused-system.bin")));
  expect((await loadFailure(folder, engine)).message).toMatch(
    /pytorch_model\.bin: data\.pkl, byte \d+: posix\.system is refused/,
  );
});
