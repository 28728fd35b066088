/** What every causal architecture keeps: every model folder that transformers recorded, to the number. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { Graph } from "../../src/graph/builder.js";
import { openSafetensors, type SafetensorsFile } from "../../src/io/safetensors.js";
import { passInputs } from "../../src/model/architectures/architecture.js";
import { intTensor, passFeeds } from "../../src/model/batch.js";
import { type CausalLm, tokenLogProbs } from "../../src/model/causal-lm.js";
import { hookPointName, hookSites, mlpHookPoint } from "../../src/model/hook-points.js";
import type { Edit } from "../../src/model/language-model.js";
import { type LoadOptions, loadModel, saveModel } from "../../src/model/load.js";
import { Rng } from "../../src/rng.js";
import { outputGradients } from "../../src/runtime/gradient-outputs.js";
import { parameterInputs } from "../../src/runtime/parameter-inputs.js";
import type { FloatTensor } from "../../src/runtime/tensor.js";
import { contractEngine } from "../support/contract-engine.js";
import { expectClose } from "../support/expect-close.js";
import { tinyGpt2, tinyGptNeo, tinyLlamaLike, tinyModel } from "../support/tiny-models.js";

/** Two implementations in single precision that add in different order. */
const TOLERANCE = 1e-4;

const goldenFolder = fileURLToPath(new URL("../golden/models", import.meta.url));
const folders = readdirSync(goldenFolder).filter((name) => existsSync(join(goldenFolder, name, "golden.safetensors")));

/** Recorded with 20 new tokens, all others with 12. */
const longGreedy = ["neox-pythia-like", "neo-local-global"];
/** Models of which no gradients were recorded. */
const withoutGradients = ["neo-window-1", "neo-window-2", "neo-window-wide"];

/** Models of which hook points were recorded. */
const withHooks = folders.filter((name) => existsSync(join(goldenFolder, name, "hooks.safetensors")));
/** What edits are called, in records as in ours. */
const kinds = ["subtractFeatures", "add", "replace"] as const;

interface Recording {
  readonly file: SafetensorsFile;
  readonly inputIds: number[][];
  readonly attentionMask: number[][];
}

async function openRecording(folder: string): Promise<Recording> {
  const file = await openSafetensors(join(folder, "golden.safetensors"));
  const rows = async (name: string): Promise<number[][]> => {
    const [count, length] = file.tensors.get(name)!.shape;
    const values = Array.from(await file.readInts(name), Number);
    return Array.from({ length: count }, (_, row) => values.slice(row * length, (row + 1) * length));
  };
  return { file, inputIds: await rows("input_ids"), attentionMask: await rows("attention_mask") };
}

/** The last `count` positions of every row, and of these the real ones: what padding computes means nothing. */
function realPositions({ dims, data }: FloatTensor, mask: readonly (readonly number[])[], count: number): number[] {
  const [batch, length, width] = dims;
  const kept: number[] = [];
  for (let row = 0; row < batch; row++)
    for (let t = length - count; t < length; t++)
      if (mask[row].at(t - length))
        kept.push(...data.subarray((row * length + t) * width, (row * length + t + 1) * width));
  return kept;
}

/** Mean cross-entropy of the next tokens of one row; its gradients are left in the model's store. */
async function nextTokenLoss(model: CausalLm, ids: readonly number[]): Promise<number> {
  const g = new Graph("next-token loss");
  const parameter = parameterInputs(g, model.store.layout);
  const states = model.architecture.hidden(g, model.config, parameter, passInputs(g));
  const logits = model.architecture.unembed(g, model.config, parameter, g.flatten(states));
  const loss = g.neg(g.reduceMean(tokenLogProbs(g, logits, g.input("targets", ["batch*length"], "int64"))));
  g.output("loss", loss);
  outputGradients(g, loss);
  const program = await model.engine.load(g);
  const length = ids.length - 1;
  const feeds = passFeeds(1, length, Int32Array.from(ids.slice(0, -1)), new Uint8Array(length).fill(1));
  const results = await program.run({
    feeds: { ...feeds, targets: intTensor([length], ids.slice(1)) },
    stores: [model.store],
    fetch: ["loss"],
  });
  return results.loss.data[0] as number;
}

const engine = await contractEngine();
afterAll(() => engine.close());

describe.each(folders)("%s", (name) => {
  const folder = join(goldenFolder, name);

  test("logits and MLP outputs of a padded batch", async () => {
    const { file, inputIds, attentionMask } = await openRecording(folder);
    const model = await loadModel(folder, { engine });
    const hooks = Array.from({ length: model.config.nLayers }, (_, layer) => mlpHookPoint(layer));
    const result = await model.forward({ inputIds, attentionMask }, { hooks });
    const compare = async (recorded: string, actual: FloatTensor): Promise<void> => {
      const expected = await file.read(recorded);
      const count = expected.dims[1];
      const wanted = realPositions(expected, attentionMask, count);
      expectClose(realPositions(actual, attentionMask, count), wanted, TOLERANCE, recorded);
    };
    await compare("logits", result.logits);
    const [batch] = (await file.read("mlp.0")).dims;
    if (batch === inputIds.length)
      for (const [layer, hook] of hooks.entries()) await compare(`mlp.${layer}`, result.hooks[hook]);
    await model.dispose();
    await file.close();
  });

  test("padding changes nothing: rows by themselves", async () => {
    const { file, inputIds, attentionMask } = await openRecording(folder);
    const model = await loadModel(folder, { engine });
    const rows = inputIds.map((row, i) => row.filter((_, t) => attentionMask[i][t]));
    const expected = await file.read("logits");
    const count = expected.dims[1];
    for (const [row, ids] of rows.entries()) {
      const { logits } = await model.forward({ inputIds: [ids] });
      const alone = realPositions(logits, [ids.map(() => 1)], Math.min(count, ids.length));
      const recorded = {
        dims: [1, count, expected.dims[2]],
        data: expected.data.subarray(row * count * expected.dims[2]),
      };
      expectClose(alone, realPositions(recorded, [attentionMask[row]], count), TOLERANCE, `row ${row}`);
    }
    await model.dispose();
    await file.close();
  });

  test("alternatives at the end of a row are what each is by itself", async () => {
    const { inputIds, attentionMask, file } = await openRecording(folder);
    const model = await loadModel(folder, { engine });
    const hook = mlpHookPoint(model.config.nLayers - 1);
    const rows = inputIds.map((row, i) => row.filter((_, t) => attentionMask[i][t]).slice(0, 40));
    const ends = [5, 9, 2];
    const options = { hooks: [hook], logits: "none" as const };
    const together = await model.forward(
      { inputIds: rows.map((row) => [...row, ...ends]) },
      { ...options, alternatives: 3 },
    );
    const last = ({ dims: [batch, length, width], data }: FloatTensor, count: number): Float32Array[] =>
      Array.from({ length: batch }, (_, row) =>
        data.subarray(((row + 1) * length - count) * width, (row + 1) * length * width),
      );
    for (const [i, end] of ends.entries()) {
      const alone = await model.forward({ inputIds: rows.map((row) => [...row, end]) }, options);
      const width = model.config.dModel;
      last(alone.hooks[hook], 1).forEach((expected, row) => {
        const actual = last(together.hooks[hook], 3)[row].subarray(i * width, (i + 1) * width);
        expectClose(actual, expected, 1e-5, `row ${row}, alternative ${i}`);
      });
    }
    await model.dispose();
    await file.close();
  });

  // Of the long row only logits were recorded.
  if (name === "neox-long") return;

  test("greedy text, and what its last pass computes", async () => {
    const { file, attentionMask } = await openRecording(folder);
    const model = await loadModel(folder, { engine });
    const greedy = Array.from(await file.readInts("greedy"), Number);
    const newTokens = longGreedy.includes(name) ? 20 : 12;
    const prompt = greedy.slice(0, -newTokens);
    const options = { maxNewTokens: newTokens, temperature: 0, stopTokens: [] };
    expect(await model.generate([prompt], options)).toEqual([greedy]);
    // Beside a longer row the same prompt is padded on the left, and its cache with it.
    const longer = [...prompt, ...greedy.slice(0, 3)];
    expect((await model.generate([longer, prompt], options))[1]).toEqual(greedy);
    const { dims } = await file.read("mlp.0");
    if (dims[0] === 1 && attentionMask.length > 1) {
      const hooks = Array.from({ length: model.config.nLayers }, (_, layer) => mlpHookPoint(layer));
      const pass = await model.forward({ inputIds: [greedy.slice(0, -1)] }, { hooks, logits: "none" });
      for (const [layer, hook] of hooks.entries())
        expectClose(
          pass.hooks[hook].data.slice(-dims[2]),
          (await file.read(`mlp.${layer}`)).data,
          TOLERANCE,
          `mlp.${layer}`,
        );
    }
    await model.dispose();
    await file.close();
  });

  if (withoutGradients.includes(name)) return;

  test("loss and gradients of every parameter", async () => {
    const { file, inputIds, attentionMask } = await openRecording(folder);
    const model = await loadModel(folder, { engine, trainable: true });
    expect(attentionMask[0]).not.toContain(0);
    expectClose([await nextTokenLoss(model, inputIds[0])], (await file.read("loss")).data, TOLERANCE, "loss");
    const recorded = [...file.tensors.keys()]
      .filter((key) => key.startsWith("grad."))
      .map((key) => key.slice("grad.".length));
    expect([...model.parameterNames].sort()).toEqual(recorded.sort());
    for (const parameter of recorded) {
      const gradient = await model.store.read(parameter, "gradients");
      expectClose(gradient.data, (await file.read(`grad.${parameter}`)).data, TOLERANCE, parameter);
    }
    await model.dispose();
    await file.close();
  });
});

test.each(withHooks)("%s: hook points, read and changed", async (name) => {
  const folder = join(goldenFolder, name);
  const { file, inputIds, attentionMask } = await openRecording(folder);
  const recorded = await openSafetensors(join(folder, "hooks.safetensors"));
  const model = await loadModel(folder, { engine });
  const points = Array.from({ length: model.config.nLayers }, (_, layer) =>
    hookSites.map((site) => ({ layer, site })),
  ).flat();
  const { hooks } = await model.forward({ inputIds, attentionMask }, { hooks: points.map(hookPointName) });
  const { length } = inputIds[0];
  for (const point of points) {
    const name = `${point.site}.${point.layer}`;
    const expected = realPositions(await recorded.read(name), attentionMask, length);
    expectClose(realPositions(hooks[hookPointName(point)], attentionMask, length), expected, TOLERANCE, name);
  }

  const tensor = async (name: string): Promise<Float32Array> => (await recorded.read(name)).data;
  const [wEnc, bEnc, wDec, bDec] = await Promise.all(["w_enc", "b_enc", "w_dec", "b_dec"].map(tensor));
  const sizes = { dIn: bDec.length, dSae: bEnc.length };
  const dictionary = { ...sizes, wEnc, bEnc, wDec, bDec, applyBDecToInput: true };
  const prompt = Array.from(await file.readInts("greedy"), Number).slice(0, -12);
  for (const site of hookSites) {
    const at = hookPointName({ layer: 0, site });
    const edit = { at, dictionary, features: [0, 3], strength: 2 };
    for (const kind of kinds) {
      const options = { edits: [{ ...edit, kind }], logits: "last" as const };
      const { logits } = await model.forward({ inputIds, attentionMask }, options);
      expectClose(logits.data, await tensor(`logits.${site}.${kind}`), TOLERANCE, `logits.${site}.${kind}`);
    }
    // Beside a longer row the same prompt is padded on the left.
    const text = Array.from(await recorded.readInts(`greedy.${site}.replace`), Number);
    const options = {
      maxNewTokens: 12,
      temperature: 0,
      stopTokens: [],
      edits: [{ ...edit, kind: "replace" as const }],
    };
    expect((await model.generate([prompt, text.slice(0, 7)], options))[0]).toEqual(text);
  }
  await model.dispose();
  await Promise.all([file.close(), recorded.close()]);
});

describe.each([
  ["GPT-NeoX", (options: LoadOptions) => tinyModel({}, options)],
  [
    "GPT-NeoX, sequential and tied",
    (options: LoadOptions) => tinyModel({ useParallelResidual: false, tieWordEmbeddings: true }, options),
  ],
  ["GPT-Neo", (options: LoadOptions) => tinyGptNeo({}, options)],
  [
    "GPT-Neo, untied, all local",
    (options: LoadOptions) => tinyGptNeo({ tieWordEmbeddings: false, attentionLayers: ["local", "local"] }, options),
  ],
  ["Llama", (options: LoadOptions) => tinyLlamaLike("llama", {}, options)],
  ["Qwen 2", (options: LoadOptions) => tinyLlamaLike("qwen2", { tie_word_embeddings: true }, options)],
  ["Qwen 3", (options: LoadOptions) => tinyLlamaLike("qwen3", {}, options)],
  ["Mistral", (options: LoadOptions) => tinyLlamaLike("mistral", { sliding_window: 3 }, options)],
  ["OLMo 2", (options: LoadOptions) => tinyLlamaLike("olmo2", {}, options)],
  [
    "Gemma 3",
    (options: LoadOptions) =>
      tinyLlamaLike(
        "gemma3_text",
        {
          sliding_window: 3,
          sliding_window_pattern: 2,
          query_pre_attn_scalar: 4,
          final_logit_softcapping: 5,
          tie_word_embeddings: false,
        },
        options,
      ),
  ],
  ["GPT-2", (options: LoadOptions) => tinyGpt2({}, options)],
])("%s with random weights", (_name, make) => {
  const prompts = [[3, 1, 4, 1, 5], [9, 2], [6], [5, 3, 5, 8, 9, 7, 9, 3, 2]];

  /** Greedy continuation by whole forward passes, one row at a time, without a cache. */
  async function greedyByForward(
    model: CausalLm,
    prompt: readonly number[],
    edits: readonly Edit[],
  ): Promise<number[]> {
    const row = [...prompt];
    for (let step = 0; step < 12; step++) {
      const { logits } = await model.forward({ inputIds: [row] }, { logits: "last", edits });
      row.push(logits.data.indexOf(Math.max(...logits.data)));
    }
    return row;
  }

  test("cache and left padding change nothing, with edits and without", async () => {
    const model = await make({ engine });
    const { dModel } = model.config;
    const rng = Rng.fromSeed(1, "dictionary");
    const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => 0.5 * rng.normal());
    const dictionary = { dIn: dModel, dSae: 4, wEnc: draw(4 * dModel), bEnc: draw(4), wDec: draw(4 * dModel) };
    const whole = { ...dictionary, bDec: draw(dModel), applyBDecToInput: true };
    const edit = { kind: "subtractFeatures", dictionary: whole, features: [0, 1, 2, 3], strength: 2 } as const;
    const everywhere = hookSites.flatMap((site) =>
      [0, 1].map((layer) => ({ ...edit, at: hookPointName({ layer, site }) })),
    );
    const texts: number[][][] = [];
    for (const edits of [[], [{ ...edit, at: mlpHookPoint(1) }], everywhere]) {
      const expected = await Promise.all(prompts.map((prompt) => greedyByForward(model, prompt, edits)));
      expect(await model.generate(prompts, { maxNewTokens: 12, temperature: 0, edits })).toEqual(expected);
      texts.push(expected.map((row, i) => row.slice(prompts[i].length)));
    }
    expect(texts[0]).not.toEqual(texts[1]);
    expect(texts[1]).not.toEqual(texts[2]);
    expect(new Set(texts[0].flat()).size).toBeGreaterThan(3);
  });

  test("blocks add what attention and MLP give; an edit changes its hook point and what comes after it", async () => {
    const model = await make({ engine });
    const { dModel } = model.config;
    const names = [0, 1].flatMap((layer) => hookSites.map((site) => hookPointName({ layer, site })));
    const ids = [[3, 1, 4, 1, 5]];
    const plain = await model.forward({ inputIds: ids }, { hooks: names });
    const [, , before, attention, mlp, after] = names.map((name) => plain.hooks[name].data);
    expectClose(
      after,
      before.map((value, i) => value + attention[i] + mlp[i]),
      1e-5,
      "residual stream",
    );
    const direction = Float32Array.from({ length: dModel }, (_, i) => Math.sin(i + 1));
    const zeros = new Float32Array(dModel);
    const dictionary = { dIn: dModel, dSae: 1, wEnc: zeros, bEnc: zeros.slice(0, 1), wDec: direction, bDec: zeros };
    for (const [index, at] of names.entries()) {
      const edit: Edit = { at, kind: "add", dictionary: { ...dictionary, applyBDecToInput: true }, features: [0] };
      const changed = await model.forward({ inputIds: ids }, { hooks: names, edits: [edit] });
      for (const name of names.slice(0, index)) expect(changed.hooks[name]).toEqual(plain.hooks[name]);
      const expected = plain.hooks[at].data.map((value, i) => value + direction[i % dModel]);
      expectClose(changed.hooks[at].data, expected, 1e-5, at);
      expect(changed.hooks[names[5]]).not.toEqual(plain.hooks[names[5]]);
      expect(changed.logits).not.toEqual(plain.logits);
      // Read by itself without logits, the pass ends there.
      const alone = await model.forward({ inputIds: ids }, { hooks: [at], edits: [edit], logits: "none" });
      expectClose(alone.hooks[at].data, changed.hooks[at].data, 1e-5, at);
    }
  });

  test("log-probabilities of a padded batch are those of its rows alone", async () => {
    const model = await make({ engine });
    const together = await model.logProbs({ inputIds: prompts });
    const width = together.dims[1];
    for (const [row, prompt] of prompts.entries()) {
      const alone = await model.logProbs({ inputIds: [prompt] });
      const end = (row + 1) * width;
      expectClose(together.data.slice(end - prompt.length + 1, end), alone.data, 1e-5);
    }
  });

  test("gradients are finite differences of the loss", async () => {
    const model = await make({ engine, trainable: true });
    const ids = prompts[3];
    await nextTokenLoss(model, ids);
    const loss = async (): Promise<number> => {
      const { data } = await model.logProbs({ inputIds: [ids] });
      return -data.reduce((sum, value) => sum + value, 0) / data.length;
    };
    for (const name of model.parameterNames) {
      const { data: gradient } = await model.store.read(name, "gradients");
      const { data } = await model.store.read(name);
      // The entry that matters most: single precision leaves of a small difference nothing but noise.
      const most = gradient.reduce((best, value, i) => (Math.abs(value) > Math.abs(gradient[best]) ? i : best), 0);
      const step = 4e-3;
      const losses: number[] = [];
      for (const sign of [1, -1]) {
        const moved = data.slice();
        moved[most] += sign * step;
        await model.store.write(name, moved);
        losses.push(await loss());
      }
      await model.store.write(name, data);
      expectClose([(losses[0] - losses[1]) / (2 * step)], [gradient[most]], 2e-3, name);
    }
  });

  test("saved and loaded again it is the same model", async () => {
    const model = await make({ engine });
    const folder = mkdtempSync(join(tmpdir(), "rewardscope-contract-"));
    await saveModel(model, folder);
    const again = await loadModel(folder, { engine });
    expect(again.config).toEqual(model.config);
    expect(await again.forward({ inputIds: prompts })).toEqual(await model.forward({ inputIds: prompts }));
    rmSync(folder, { recursive: true });
  });
});
