/** Copies of recorded models, for tests to change and spoil. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { assetPath } from "../../src/assets.js";
import { FormatError } from "../../src/errors.js";
import { openSafetensors, type StoredTensor, writeSafetensors } from "../../src/io/safetensors.js";
import type { CausalLm } from "../../src/model/causal-lm.js";
import { loadModel, saveModel } from "../../src/model/load.js";
import type { Engine } from "../../src/runtime/engine.js";

/** The folder of a recorded model. */
export function goldenModel(name: string): string {
  return resolve(import.meta.dirname, "../golden/models", name);
}

/** Saves a model of 8,192 tokens with the tokenizer of the embedded one, and disposes of it. */
export async function savedWithTokenizer(model: CausalLm, folder: string): Promise<string> {
  await saveModel(model, folder);
  await model.dispose();
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    await copyFile(join(assetPath("embedded"), file), join(folder, file));
  return folder;
}

/** A new folder with the files of a recorded model; whoever asks for it takes it away. */
export function copyOfModel(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "rewardscope-model-"));
  cpSync(goldenModel(name), folder, { recursive: true });
  return folder;
}

/** Changes fields of a JSON file; undefined takes one out. */
export function changeJson(file: string, change: Record<string, unknown>): void {
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...change }));
}

/** Writes a file of weights anew, with its tensors as `change` has them and further ones. */
export async function rewriteTensors(
  path: string,
  change: (name: string, tensor: StoredTensor) => [string, StoredTensor],
  further: Record<string, StoredTensor> = {},
): Promise<void> {
  const file = await openSafetensors(path);
  const tensors: [string, StoredTensor][] = [];
  for (const name of file.tensors.keys()) tensors.push(change(name, await file.read(name)));
  await file.close();
  await writeSafetensors(path, [...tensors, ...Object.entries(further)]);
}

/** What loading a folder throws, which is a FormatError. */
export async function loadFailure(folder: string, engine: Engine): Promise<FormatError> {
  const error = await loadModel(folder, { engine }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}
