import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { FormatError } from "../errors.js";
import { readJson, writeJson } from "../io/atomic.js";
import { openSafetensors, writeSafetensors } from "../io/safetensors.js";
import { Autoencoder } from "./autoencoder.js";
import { loadAutoencoder, saveAutoencoder } from "./saelens-folder.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saelens-"));
});
afterAll(() => rm(folder, { recursive: true }));

const weights = {
  dIn: 2,
  dSae: 3,
  wEnc: Float32Array.of(1, 0, 0.6, 0, 1, 0.8),
  bEnc: Float32Array.of(0, -1, 0.5),
  wDec: Float32Array.of(1, 0, 0, 1, 0.6, 0.8),
  bDec: Float32Array.of(10, 20),
  applyBDecToInput: false,
};
const origin = {
  ...{ layer: 3, tied: true, modelName: "pythia-70m", modelType: "gpt_neox", contextSize: 256 },
  ...{ l1Coef: 0.001, learningRate: 1e-3, seed: 7, trainingTokens: 1000, dataHash: "abc" },
};

test("comes back as it was saved", async () => {
  const path = join(folder, "round");
  await saveAutoencoder(new Autoencoder(weights, origin), path);
  const back = await loadAutoencoder(path);
  expect(back).toEqual(new Autoencoder(weights, origin));
});

test("writes what SAELens expects, and no key more among the tensors", async () => {
  const path = join(folder, "written");
  await saveAutoencoder(new Autoencoder(weights, origin), path);
  expect(await readJson(join(path, "cfg.json"))).toEqual({
    architecture: "standard",
    d_in: 2,
    d_sae: 3,
    dtype: "float32",
    device: "cpu",
    apply_b_dec_to_input: false,
    normalize_activations: "none",
    reshape_activations: "none",
    metadata: {
      sae_lens_version: "6.54.12",
      training_architecture: "standard",
      hook_name: "blocks.3.hook_mlp_out",
      hf_hook_name: "gpt_neox.layers.3.mlp",
      tied: true,
      model_name: "pythia-70m",
      model_type: "gpt_neox",
      context_size: 256,
      l1_coefficient: 0.001,
      lr: 0.001,
      seed: 7,
      training_tokens: 1000,
      data_hash: "abc",
    },
  });
  const file = await openSafetensors(join(path, "sae_weights.safetensors"));
  const shapes = Object.fromEntries([...file.tensors].map(([name, { shape }]) => [name, shape]));
  await file.close();
  expect(shapes).toEqual({ W_dec: [3, 2], W_enc: [2, 3], b_dec: [2], b_enc: [3] });
});

test("a top-k autoencoder comes back with its k, in SAELens's words", async () => {
  const path = join(folder, "top-k");
  const { l1Coef: _, ...withoutL1 } = origin;
  const saved = new Autoencoder({ ...weights, k: 2 }, withoutL1);
  await saveAutoencoder(saved, path);
  const written = (await readJson(join(path, "cfg.json"))) as Record<string, unknown>;
  expect(written).toMatchObject({ architecture: "topk", k: 2, rescale_acts_by_decoder_norm: false });
  expect(written.metadata).toMatchObject({ training_architecture: "topk" });
  expect(written.metadata).not.toHaveProperty("l1_coefficient");
  const file = await openSafetensors(join(path, "sae_weights.safetensors"));
  expect([...file.tensors.keys()].sort()).toEqual(["W_dec", "W_enc", "b_dec", "b_enc"]);
  await file.close();
  const back = await loadAutoencoder(path);
  expect(back).toEqual(saved);
  // codes [1, 1, 2.7] of which the first of two equal ones is kept
  expectClose((await back.encode({ dims: [1, 2], data: Float32Array.of(1, 2) })).data, [1, 0, 2.7], 1e-6);
});

test("a JumpReLU autoencoder comes back with its thresholds; norms of features scale them", async () => {
  const path = join(folder, "jumprelu");
  const threshold = Float32Array.of(0.5, 1.5, 2);
  const { l1Coef: _, ...withoutL1 } = origin;
  const saved = new Autoencoder({ ...weights, kind: { name: "jumprelu", threshold } }, { ...withoutL1, trainedK: 2 });
  await saveAutoencoder(saved, path);
  expect(await readJson(join(path, "cfg.json"))).toMatchObject({ architecture: "jumprelu", metadata: { k: 2 } });
  const back = await loadAutoencoder(path);
  expect(back).toEqual(saved);
  // pre-activations [1, 1, 2.7]
  const x = { dims: [1, 2], data: Float32Array.of(1, 2) };
  expectClose((await back.encode(x)).data, [1, 0, 2.7], 1e-6);
  const jumps = { architecture: "jumprelu", apply_b_dec_to_input: false };
  const scaled = { W_dec: { dims: [3, 2], data: weights.wDec.map((value, i) => (i < 4 ? 2 * value : value)) } };
  const tensor = { threshold: { dims: [3], data: threshold } };
  const foreign = await loadAutoencoder(await foreignFolder("jumps", jumps, { ...scaled, ...tensor }));
  expect(foreign.kind).toEqual({ name: "jumprelu", threshold: Float32Array.of(1, 3, 2) });
  expectClose((await foreign.encode(x)).data, [2, 0, 2.7], 1e-6);
});

test("norms of a top-k autoencoder's features are moved only where SAELens keeps the largest codes times norm", async () => {
  const scaled = { W_dec: { dims: [3, 2], data: weights.wDec.map((value, i) => (i < 2 ? 4 * value : value)) } };
  const topK = { architecture: "topk", k: 1, apply_b_dec_to_input: false };
  const kept = await foreignFolder("rescaled", { ...topK, rescale_acts_by_decoder_norm: true }, scaled);
  // codes [4 * 1, 1, 2.7] of features of norm 1
  const x = { dims: [1, 2], data: Float32Array.of(1, 2) };
  expectClose((await (await loadAutoencoder(kept)).encode(x)).data, [4, 0, 0], 1e-6);
  const refused = loadAutoencoder(await foreignFolder("not rescaled", topK, scaled));
  await expect(refused).rejects.toThrow(
    /rescale_acts_by_decoder_norm: expected true.*which activations are the k largest/s,
  );
  expect((await loadAutoencoder(await foreignFolder("of norm 1", topK))).k).toBe(1);
});

const cfg = {
  ...{ architecture: "standard", d_in: 2, d_sae: 3, dtype: "float32" },
  metadata: { hook_name: "blocks.11.hook_mlp_out", model_name: "gpt2", context_size: null },
};
const tensors = {
  W_enc: { dims: [2, 3], data: weights.wEnc },
  b_enc: { dims: [3], data: weights.bEnc },
  W_dec: { dims: [3, 2], data: weights.wDec },
  b_dec: { dims: [2], data: weights.bDec },
};

async function foreignFolder(name: string, changedCfg: object = {}, changedTensors: object = {}): Promise<string> {
  const path = join(folder, name);
  await writeJson(join(path, "cfg.json"), { ...cfg, ...changedCfg });
  await writeSafetensors(join(path, "sae_weights.safetensors"), { ...tensors, ...changedTensors });
  return path;
}

test("reads a folder with SAELens's defaults", async () => {
  const autoencoder = await loadAutoencoder(await foreignFolder("foreign"));
  expect(autoencoder.applyBDecToInput).toBe(true);
  expect(autoencoder.origin).toEqual({ layer: 11, tied: false, modelName: "gpt2" });
});

test("features of another norm are scaled to 1 without changing the reconstruction", async () => {
  const scaled = { dims: [3, 2], data: weights.wDec.map((value, i) => value * (i < 2 ? 1 : 5)) };
  const autoencoder = await loadAutoencoder(
    await foreignFolder("scaled", { apply_b_dec_to_input: false }, { W_dec: scaled }),
  );
  expectClose(autoencoder.wDec, weights.wDec, 1e-6);
  expectClose(autoencoder.bEnc, [0, -5, 2.5], 1e-6);
  const x = { dims: [1, 2], data: Float32Array.of(1, 2) };
  const xHat = await autoencoder.decode(await autoencoder.encode(x));
  // codes [1, 1, 2.7] of features [1, 0], [0, 5], [3, 4]
  expectClose(xHat.data, [10 + 1 + 8.1, 20 + 5 + 10.8], 1e-5);
});

test.each<[string, object, object, RegExp]>([
  [
    "another architecture",
    { architecture: "temporal" },
    {},
    /cfg\.json: architecture: expected "standard" or "topk" or "jumprelu" or "gated", received "temporal"/,
  ],
  [
    "no architecture",
    { architecture: undefined },
    {},
    /architecture: expected "standard" or "topk" or "jumprelu" or "gated", received nothing/,
  ],
  [
    "more codes than features",
    { architecture: "topk" },
    {},
    /k: expected a whole number from 1 to 3 \(number of features\), received 100/,
  ],
  ["half a code", { architecture: "topk", k: 1.5 }, {}, /k: expected a positive integer, received 1.5/],
  ["scaled activations", { normalize_activations: "layer_norm" }, {}, /normalize_activations: expected "none"/],
  ["no size", { d_sae: "3" }, {}, /d_sae: expected a positive integer, received "3"/],
  [
    "no metadata",
    { metadata: undefined },
    {},
    /metadata\.hook_name: expected blocks\.N\.hook_mlp_out, received nothing/,
  ],
  [
    "another hook",
    { metadata: { hook_name: "blocks.1.hook_resid_pre" } },
    {},
    /hook_name: expected blocks\.N\.hook_mlp_out/,
  ],
  [
    "a fact of the wrong type",
    { metadata: { ...cfg.metadata, tied: "yes" } },
    {},
    /metadata\.tied: expected a boolean, received "yes"/,
  ],
  ["another shape", { d_sae: 4 }, {}, /W_enc: expected \[2,4\] by the configuration, received \[2,3\]/],
  [
    "a number that is none",
    {},
    { b_enc: { dims: [3], data: Float32Array.of(0, Number.NaN, 0) } },
    /b_enc: value 1 is NaN/,
  ],
])("refuses %s", async (name, changedCfg, changedTensors, message) => {
  const failure = loadAutoencoder(await foreignFolder(name, changedCfg, changedTensors));
  await expect(failure).rejects.toBeInstanceOf(FormatError);
  await expect(failure).rejects.toThrow(message);
});

test("refuses damaged and missing files", async () => {
  const path = await foreignFolder("damaged");
  await truncate(join(path, "sae_weights.safetensors"), 100);
  await expect(loadAutoencoder(path)).rejects.toBeInstanceOf(FormatError);
  await rm(join(path, "sae_weights.safetensors"));
  await expect(loadAutoencoder(path)).rejects.toThrow(/sae_weights\.safetensors: no such file/);
  await expect(loadAutoencoder(join(folder, "nowhere"))).rejects.toThrow(/cfg\.json: no such file/);
});
