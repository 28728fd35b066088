import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { expectClose } from "../../../test/support/expect-close.js";
import { changeJson, copyOfModel, goldenModel, rewriteTensors } from "../../../test/support/model-folder.js";
import { FormatError } from "../../errors.js";
import { openSafetensors, type StoredTensor, writeSafetensors } from "../../io/safetensors.js";
import { Engine } from "../../runtime/engine.js";
import type { ParameterLayout } from "../architectures/layers.js";
import { inspectModel } from "../inspect.js";
import { checkModel, loadModel } from "../load.js";
import { fitWeights } from "../weights.js";
import { openAdapter } from "./adapter.js";
import { mergeAdapter } from "./merge-adapter.js";

const golden = resolve(import.meta.dirname, "../../../test/golden/adapters");
const base = goldenModel("neox-sequential");

const engine = new Engine();
afterAll(() => engine.close());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rewardscope-adapter-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const use = (name: string) => cpSync(join(golden, name), folder, { recursive: true });
const weights = () => join(folder, "adapter_model.safetensors");

async function failure(options: { base?: string } = { base }): Promise<FormatError> {
  const error = await loadModel(folder, { engine, ...options }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

test.each(["attention", "patterns", "embedding", "one-layer"])("%s: the weights that peft merges", async (name) => {
  use(name);
  const model = await loadModel(folder, { engine, base });
  const original = await loadModel(base, { engine });
  const expected = await openSafetensors(join(folder, "merged.safetensors"));
  let changed = 0;
  for (const parameter of model.parameterNames) {
    const { data } = await model.parameter(parameter);
    const merged = await expected.read(parameter === "embed_out.weight" ? "lm_head.weight" : parameter);
    expectClose(data, merged.data, 1e-6, parameter);
    const before = (await original.parameter(parameter)).data;
    if (data.some((value, i) => Math.abs(value - before[i]) > 1e-2)) changed++;
  }
  expect(changed).toBe({ attention: 17, patterns: 9, embedding: 5, "one-layer": 2 }[name]);
  await expected.close();
  await Promise.all([model.dispose(), original.dispose()]);
});

test("matrices that are stored [in, out], as GPT-2's are, square ones too", async () => {
  use("gpt2");
  const [file, expected] = [
    await openSafetensors(join(folder, "base.safetensors")),
    await openSafetensors(join(folder, "merged.safetensors")),
  ];
  const layout = [...file.tensors]
    .filter(([name]) => name !== "lm_head.weight")
    .map(([name, { shape }]): ParameterLayout => ({ name, dims: [...shape], part: "", start: "normal", decay: true }));
  const adapter = await openAdapter(folder);
  const { parameters } = mergeAdapter(fitWeights({ files: [file], close: async () => {} }, layout), layout, adapter);
  for (const { name } of layout) {
    const stored = parameters.get(name)!;
    const { data } = await stored.file.read(stored.name);
    expectClose(data, (await expected.read(name)).data, 1e-6, name);
  }
  expect(file.tensors.get("transformer.h.0.attn.c_proj.weight")!.shape).toEqual([8, 8]);
  await Promise.all([file.close(), expected.close(), adapter.close()]);
});

describe("the base model", () => {
  test("is the one that the adapter names, or the one that is given", async () => {
    use("attention");
    changeJson(join(folder, "adapter_config.json"), { base_model_name_or_path: base });
    expect(await checkModel(folder)).toEqual([`is a LoRA adapter, merged into ${base}`]);
    expect(await checkModel(folder, { base })).toEqual(await checkModel(folder));
    const found = await inspectModel(folder);
    expect(found.notes).toContain(`a LoRA adapter, merged into ${base}`);
    expect(found.problems.filter((problem) => !problem.includes("tokenizer.json"))).toEqual([]);
    expect(found.files.map(({ name }) => name)).toEqual(["model.safetensors", "adapter_model.safetensors"]);
  });

  test("is not there, not named, or an adapter itself", async () => {
    use("attention");
    const file = join(folder, "adapter_config.json");
    changeJson(file, { base_model_name_or_path: "/home/somebody/model" });
    expect((await failure({})).message).toMatch(`${file}: its base model /home/somebody/model is not there\n  help: `);
    changeJson(file, { base_model_name_or_path: null });
    expect((await failure({})).message).toMatch(/base_model_name_or_path: expected the model .*, received none/);
    expect((await failure({ base: folder })).message).toContain(`its base model ${folder} is an adapter itself`);
  });

  test("is of another shape: all tensors that do not fit", async () => {
    use("attention");
    const other = copyOfModel("neox-sequential");
    await rewriteTensors(join(other, "model.safetensors"), (name, { dims, data, ...tensor }) => {
      const wide = /dense_h_to_4h/.test(name);
      const size = dims.map((count) =>
        wide && count === 12 ? 16 : /dense_4h_to_h.weight/.test(name) && count === 12 ? 16 : count,
      );
      const values = new Float32Array(size.reduce((product, count) => product * count, 1));
      return [name, { ...tensor, dims: size, data: values } as StoredTensor];
    });
    changeJson(join(other, "config.json"), { intermediate_size: 16 });
    expect((await failure({ base: other })).message).toMatch(
      /adapter_model\.safetensors: does not fit its base model: base_model\.model\.gpt_neox\.layers\.0\.mlp\.dense_h_to_4h\.bias is \[12\], gpt_neox\.layers\.0\.mlp\.dense_h_to_4h\.bias is \[16\]; .*layers\.1.*\n {2}help: /,
    );
    rmSync(other, { recursive: true });
  });
});

describe("an adapter that cannot be merged", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["DoRA", { use_dora: true }, "use_dora: expected nothing, received true"],
    ["another type", { peft_type: "IA3" }, 'peft_type: expected "LORA", received "IA3"'],
    ["PiSSA", { init_lora_weights: "pissa_niter_4" }, "init_lora_weights: expected a start that leaves the base"],
    [
      "trained tokens",
      { trainable_token_indices: [1, 2] },
      "trainable_token_indices: expected nothing, received [1,2]",
    ],
    ["parameters", { target_parameters: ["experts"] }, 'target_parameters: expected nothing, received ["experts"]'],
    ["a field of the future", { warp: { factor: 9 } }, 'warp: expected nothing, received {"factor":9}'],
    ["a rank", { r: 0 }, "r: expected a whole number from 1 on, received 0"],
    ["a pattern", { rank_pattern: { "(a+)+": 3 } }, "rank_pattern: expected module names with ranks"],
    ["several", { r: "4", use_dora: true }, 'r: expected a whole number from 1 on, received "4"; use_dora: expected'],
  ])("%s: the field is named", async (_, change, message) => {
    use("attention");
    changeJson(join(folder, "adapter_config.json"), change);
    const error = await failure();
    expect(error.file).toBe(join(folder, "adapter_config.json"));
    expect(error.message).toContain(message);
    expect(error.help).toContain("merge_and_unload");
  });

  const rewrite = (change: (tensors: Map<string, StoredTensor>) => void) => async () => {
    const file = await openSafetensors(weights());
    const tensors = new Map<string, StoredTensor>();
    for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
    await file.close();
    change(tensors);
    await writeSafetensors(weights(), tensors);
  };
  const prefix = "base_model.model.gpt_neox.layers.0.attention.dense";

  test.each<[string, () => Promise<void> | void, RegExp]>([
    ["no tensors", () => rmSync(weights()), /there is no adapter_model\.safetensors beside adapter_config\.json/],
    [
      "half a pair",
      rewrite((tensors) => tensors.delete(`${prefix}.lora_B.weight`)),
      /1 tensors lack their other half, A or B: .*dense\.lora_A/,
    ],
    [
      "a magnitude",
      rewrite((tensors) => tensors.set(`${prefix}.lora_magnitude_vector`, { dims: [8], data: new Float32Array(8) })),
      /1 tensors are of no known kind of LoRA: .*dense\.lora_magnitude_vector/,
    ],
    [
      "a module that the base does not have",
      rewrite((tensors) => tensors.set("base_model.model.lm_tail.weight", { dims: [8], data: new Float32Array(8) })),
      /does not fit its base model: the base model has no lm_tail\.weight/,
    ],
    [
      "another rank",
      () => changeJson(join(folder, "adapter_config.json"), { r: 4 }),
      /dense\.lora_A\.weight \[2, 8\] and .* have rank 2, .*adapter_config\.json says 4 of gpt_neox\.layers\.0\.attention\.dense;/,
    ],
    [
      "a value that is not finite",
      rewrite((tensors) => (tensors.get(`${prefix}.lora_B.weight`)!.data as Float32Array).fill(Number.NaN, 5, 6)),
      /adapter_model\.safetensors: tensor .*dense\.lora_B\.weight: 1 of 16 values are not finite/,
    ],
  ])("%s", async (_, spoil, message) => {
    use("attention");
    await spoil();
    expect((await failure()).message).toMatch(message);
  });

  test("a head that shares the embedding's weights", async () => {
    use("patterns");
    expect((await failure({ base: goldenModel("neox-tied") })).message).toMatch(
      /the base model has no lm_head\.weight.*\n {2}help: .*shares the embedding/,
    );
  });
});
