import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectClose } from "../../../test/support/expect-close.js";
import { openGiven } from "../../../test/support/open-given.js";
import { FormatError } from "../../errors.js";
import { readJson, writeJson } from "../../io/atomic.js";
import { openSafetensors } from "../../io/safetensors.js";
import { rowNorms } from "../row-norms.js";
import { loadAutoencoder, saveAutoencoder } from "../saelens-folder.js";
import { chooseDictionaryFiles, loadGivenDictionary } from "./given-dictionary.js";

const golden = (name: string) => resolve(import.meta.dirname, "../../../test/golden/dictionaries", name);
const LAYER = 3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "given-"));
});
afterAll(() => rm(folder, { recursive: true }));

const saelens = [
  ...["standard", "standard-plain-input", "topk", "topk-rescaled", "jumprelu", "gated", "batchtopk"],
  ...["checkpoint-scaled", "old-standard", "old-topk", "old-gated"],
].map((name) => `saelens/${name}`);
const learned = [
  ...["AutoEncoder", "AutoEncoderTopK", "BatchTopKSAE", "MatryoshkaBatchTopKSAE"],
  ...["GatedAutoEncoder", "JumpReluAutoEncoder"],
].map((name) => `dictionary_learning/${name}`);

test.each([...saelens, ...learned])("%s: codes and reconstructions are those of the library", async (name) => {
  const { dictionary, codes, reconstruction } = await openGiven(golden(name), LAYER);
  expect([dictionary.layer, dictionary.dIn, dictionary.dSae]).toEqual([LAYER, 8, 20]);
  for (const norm of rowNorms(dictionary.wDec, 8)) expect(norm).toBeCloseTo(1, 4);
  expectClose(codes.own, codes.expected, 1e-5);
  expectClose(reconstruction.own, reconstruction.expected, 1e-5);
});

test.each(["saelens/gated", "dictionary_learning/GatedAutoEncoder"])("%s comes back as it was saved", async (name) => {
  const { dictionary, x, codes } = await openGiven(golden(name), LAYER);
  const path = join(folder, name);
  await saveAutoencoder(dictionary, path);
  const file = await openSafetensors(join(path, "sae_weights.safetensors"));
  expect([...file.tensors.keys()].sort()).toEqual(["W_dec", "W_enc", "b_dec", "b_gate", "b_mag", "r_mag"]);
  await file.close();
  expectClose((await (await loadAutoencoder(path)).encode(x)).data, codes.expected, 1e-5);
});

describe("what is refused", () => {
  /** The message for a golden folder with some fields of its configuration changed. */
  async function failure(name: string, change: (fields: Record<string, unknown>) => object): Promise<string> {
    const path = await mkdtemp(join(folder, "changed-"));
    await cp(golden(name), path, { recursive: true });
    const file = join(path, name.startsWith("saelens") ? "cfg.json" : "config.json");
    await writeJson(file, change((await readJson(file)) as Record<string, unknown>));
    const error = await loadGivenDictionary(path, LAYER).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(FormatError);
    return (error as FormatError).message.replace(`${path}/`, "");
  }
  const with_ = (own: object) => (fields: Record<string, unknown>) => ({ ...fields, ...own });
  const place = (hook_name: string) => with_({ metadata: { hook_name } });
  const trainer = (own: object) => (fields: Record<string, unknown>) => ({
    ...fields,
    trainer: { ...(fields.trainer as object), ...own },
  });

  test.each<[string, string, (fields: Record<string, unknown>) => object, RegExp]>([
    [
      "another place",
      "saelens/standard",
      place("blocks.3.hook_resid_post"),
      /hook_name: expected blocks\.N\.hook_mlp_out, received "blocks.3.hook_resid_post"/,
    ],
    [
      "another layer",
      "saelens/standard",
      place("blocks.4.hook_mlp_out"),
      /expected blocks\.3\.hook_mlp_out, received blocks\.4\.hook_mlp_out/,
    ],
    [
      "a normalisation",
      "saelens/standard",
      with_({ normalize_activations: "layer_norm" }),
      /^cfg\.json: normalize_activations: expected "none", received "layer_norm"/,
    ],
    [
      "a factor that is missing",
      "saelens/standard",
      with_({ normalize_activations: "expected_average_only_in" }),
      /fold_activation_norm_scaling_factor/,
    ],
    [
      "an architecture",
      "saelens/standard",
      with_({ architecture: "matching_pursuit" }),
      /architecture: expected "standard" or "topk" or "jumprelu" or "gated", received "matching_pursuit"/,
    ],
    [
      "fine-tuned scales",
      "saelens/old-standard",
      with_({ finetuning_scaling_factor: true }),
      /finetuning_scaling_factor: expected false, received true/,
    ],
    [
      "another activation",
      "saelens/old-standard",
      with_({ activation_fn_str: "tanh-relu" }),
      /activation_fn_str: expected "relu", or "topk" with its k, received "tanh-relu"/,
    ],
    [
      "top-k of rows with other norms",
      "saelens/topk-rescaled",
      with_({ rescale_acts_by_decoder_norm: false }),
      /rescale_acts_by_decoder_norm/,
    ],
    [
      "a class",
      "dictionary_learning/AutoEncoder",
      trainer({ dict_class: "CrossCoder" }),
      /dict_class: expected "AutoEncoder" or .* received "CrossCoder"/,
    ],
    [
      "a module",
      "dictionary_learning/AutoEncoder",
      trainer({ submodule_name: "resid_post_layer_3" }),
      /^config\.json: submodule_name: expected the output of the MLP of layer 3.*received "resid_post_layer_3"/,
    ],
    [
      "a module of another layer",
      "dictionary_learning/AutoEncoder",
      trainer({ submodule_name: "gpt_neox.layers.2.mlp" }),
      /submodule_name/,
    ],
    ["its layer", "dictionary_learning/AutoEncoder", trainer({ layer: 2 }), /layer: expected 3, received 2/],
    [
      "its sizes",
      "dictionary_learning/AutoEncoder",
      trainer({ dict_size: 24 }),
      /ae\.pt: encoder\.weight: expected \[24,8\] by the configuration, received \[20,8\]/,
    ],
  ])("%s", async (_, name, change, message) => {
    expect(await failure(name, change)).toMatch(message);
  });

  test.each(["mlp", "mlp3", "mlp_layer_3", "gpt_neox.layers.3.mlp", "blocks.3.hook_mlp_out", null])(
    "not a module called %s",
    async (submodule_name) => {
      const path = await mkdtemp(join(folder, "module-"));
      await cp(golden("dictionary_learning/AutoEncoder"), path, { recursive: true });
      const config = (await readJson(join(path, "config.json"))) as { trainer: object };
      await writeJson(join(path, "config.json"), { trainer: { ...config.trainer, submodule_name } });
      expect((await loadGivenDictionary(path, LAYER)).layer).toBe(LAYER);
    },
  );

  test("a threshold that training never set", async () => {
    const untrained = join(folder, "untrained");
    await cp(golden("dictionary_learning/AutoEncoderTopK"), untrained, { recursive: true });
    const config = (await readJson(join(untrained, "config.json"))) as { trainer: object };
    await writeJson(join(untrained, "config.json"), { trainer: { ...config.trainer, dict_class: "BatchTopKSAE" } });
    await expect(loadGivenDictionary(untrained, LAYER)).rejects.toThrow(/the threshold -1, which was never set/);
  });

  test("a pickle that would run something, and a folder of neither", async () => {
    const evil = join(folder, "evil");
    await cp(golden("dictionary_learning/AutoEncoder"), evil, { recursive: true });
    await cp(resolve(golden(""), "../torch/refused-system.bin"), join(evil, "ae.pt"));
    await expect(loadGivenDictionary(evil, LAYER)).rejects.toThrow(/posix\.system is refused/);
    await expect(loadGivenDictionary(folder, LAYER)).rejects.toThrow(
      /expected cfg\.json and sae_weights\.safetensors, or config\.json and ae\.pt/,
    );
  });
});

test("the files of a folder on the Hub", () => {
  const paths = [
    "README.md",
    "a/cfg.json",
    "a/sae_weights.safetensors",
    "a/sparsity.safetensors",
    "b/ae.pt",
    "b/config.json",
  ];
  expect(chooseDictionaryFiles("a")(paths)).toMatchObject({
    files: ["a/cfg.json", "a/sae_weights.safetensors"],
    missing: [],
  });
  expect(chooseDictionaryFiles("b")(paths)).toMatchObject({ files: ["b/config.json", "b/ae.pt"], missing: [] });
  expect(chooseDictionaryFiles("")(paths).missing).toEqual(["cfg.json", "sae_weights.safetensors"]);
});
