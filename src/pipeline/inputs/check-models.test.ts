import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { changeJson, copyOfModel, rewriteTensors } from "../../../test/support/model-folder.js";
import { parseConfig } from "../../config/check-config.js";
import { ConfigError, FormatError } from "../../errors.js";
import { checkModels } from "./check-models.js";

const folders: string[] = [];
afterAll(() => folders.map((folder) => rmSync(folder, { recursive: true })));

function copy(name: string): string {
  folders.push(copyOfModel(name));
  return folders[folders.length - 1];
}

const check = (input: object) => checkModels(parseConfig(input, "test"), parseConfig(input, "test"));

test("nothing is said of models as they should be", async () => {
  expect(await check({})).toEqual([]);
  const model = { base: copy("neox-tied"), tuned: copy("neox-tied") };
  expect(await check({ model })).toEqual([]);
});

test("what is odd about each model of a pair is said of it", async () => {
  const model = { base: copy("neox-tied"), tuned: copy("neox-tied") };
  await rewriteTensors(join(model.tuned, "model.safetensors"), (name, tensor) => [`module.${name}`, tensor]);
  expect(await check({ model })).toEqual([`model ${model.tuned}: names of tensors are read without "module."`]);
  truncateSync(join(model.tuned, "model.safetensors"), 100);
  await expect(check({ model })).rejects.toThrow(FormatError);
});

test("the class that a classifier rewards is said, or asked for", async () => {
  const classifier = copy("distilbert-text");
  const reward = { name: "classifier", classifier };
  expect(await check({ reward })).toEqual([`reward: class 0 'POSITIVE' of ${classifier}`]);
  expect(await check({ reward: { ...reward, label: "NEGATIVE" } })).toEqual([
    `reward: class 1 'NEGATIVE' of ${classifier}`,
  ]);
  changeJson(join(classifier, "config.json"), { id2label: null });
  await expect(check({ reward })).rejects.toThrow(ConfigError);
  await expect(check({ reward })).rejects.toThrow(/reward\.label: .*\(0 LABEL_0, 1 LABEL_1\)/);
  expect(await check({ reward: { ...reward, label: "LABEL_1" } })).toEqual([
    `reward: class 1 'LABEL_1' of ${classifier}`,
  ]);
});
