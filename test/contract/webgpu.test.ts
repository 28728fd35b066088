/** The engine on a GPU: the same numbers as on the CPU, nothing computed elsewhere, nothing forgotten in its memory. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KindSettings } from "../../src/dictionary/kind.js";
import { Graph } from "../../src/graph/builder.js";
import { lower } from "../../src/graph/lower.js";
import type { Edit } from "../../src/model/language-model.js";
import { encodeOnnx } from "../../src/onnx/encode.js";
import { Adam } from "../../src/optim/adam.js";
import { PpoTrainer } from "../../src/rlhf/index.js";
import { loadLibrary } from "../../src/runtime/backends/c-api/library.js";
import { Device } from "../../src/runtime/backends/webgpu/device.js";
import { Engine, type Program } from "../../src/runtime/engine.js";
import { outputGradients } from "../../src/runtime/gradient-outputs.js";
import { trainingGraph } from "../../src/sae/autoencoder-graph.js";
import { expectClose } from "../support/expect-close.js";
import { softwareGpu, softwareGpuNeeded, useSoftwareGpu } from "../support/software-gpu.js";
import { tinyDictionary } from "../support/tiny-dictionary.js";
import { tinyGptNeo, tinyLlamaLike, tinyModel } from "../support/tiny-models.js";

/** Both are single precision, and add in different order. */
const TOLERANCE = 1e-4;

describe.skipIf(!softwareGpu)(`WebGPU${softwareGpuNeeded}`, () => {
  let gpu: Engine;
  let cpu: Engine;
  beforeAll(async () => {
    await useSoftwareGpu();
    gpu = new Engine({ device: "webgpu" });
    cpu = new Engine();
  });
  afterAll(() => Promise.all([gpu.close(), cpu.close()]));

  test("says its name; auto passes over a device that computes on the CPU", async () => {
    expect((await gpu.describe()).device).toContain("SwiftShader");
    const auto = new Engine({ device: "auto" });
    const { device, deviceReason } = await auto.describe();
    expect(device).toBeUndefined();
    expect(deviceReason).toMatch(/^the only device, SwiftShader.*, computes on the CPU itself$/);
    await auto.close();
    expect(await cpu.describe()).toMatchObject({ device: undefined, deviceReason: undefined });
  });

  test("a model's answers", async () => {
    const inputIds = [
      [1, 2, 3, 4, 20],
      [5, 6],
    ];
    const answers = async (engine: Engine) => {
      const model = await tinyModel({}, { engine, seed: 3 });
      const { logits, hooks } = await model.forward({ inputIds }, { hooks: ["blocks.0.hook_mlp_out"] });
      const logProbs = await model.logProbs({ inputIds });
      const texts = await model.generate(inputIds, { maxNewTokens: 8, seed: 1 });
      await model.dispose();
      return { logits: logits.data, mlpOut: hooks["blocks.0.hook_mlp_out"].data, logProbs: logProbs.data, texts };
    };
    const [onGpu, onCpu] = [await answers(gpu), await answers(cpu)];
    for (const what of ["logits", "mlpOut", "logProbs"] as const)
      expectClose(onGpu[what], onCpu[what], TOLERANCE, what);
    expect(onGpu.texts).toEqual(onCpu.texts);
  });

  test("edits of no feature, and of all", async () => {
    const dictionary = tinyDictionary(16);
    const all = Array.from({ length: dictionary.dSae }, (_, feature) => feature);
    const at = "blocks.0.hook_mlp_out";
    const edits: Edit[] = [
      { at, kind: "subtractFeatures", dictionary, features: [] },
      { at, kind: "subtractFeatures", dictionary, features: [3] },
      { at, kind: "replace", dictionary, features: [] },
      { at, kind: "replace", dictionary, features: all },
    ];
    const logits = async (engine: Engine) => {
      const model = await tinyModel({}, { engine, seed: 3 });
      const found: Float32Array[] = [];
      for (const edit of edits)
        found.push((await model.forward({ inputIds: [[1, 2, 3]] }, { edits: [edit] })).logits.data);
      await model.dispose();
      return found;
    };
    const [onGpu, onCpu] = [await logits(gpu), await logits(cpu)];
    for (const [i, edit] of edits.entries())
      expectClose(onGpu[i], onCpu[i], TOLERANCE, `${edit.kind} ${edit.features.length}`);
  });

  /** A table whose rows are looked up and whose product is taken, a matrix and a bias, with weight decay. */
  const learning = async (engine: Engine, steps: number, each?: (step: number) => void) => {
    const g = new Graph("learning");
    const table = g.input("parameters/table", [30, 16]);
    const looked = g.gather(table, g.input("ids", ["rows"], "int64"));
    const hidden = g.tanh(g.linear(looked, g.input("parameters/w", [20, 16]), g.input("parameters/b", [20])));
    const loss = g.reduceMean(g.square(g.shift(hidden, -1)), [0, 1]);
    g.output("loss", loss);
    outputGradients(g, loss);
    const layout = [
      { name: "table", dims: [30, 16], decay: true },
      { name: "w", dims: [20, 16] },
      { name: "b", dims: [20] },
    ];
    const store = await engine.createStore(layout, { trainable: true });
    for (const { name, dims } of layout)
      await store.write(
        name,
        Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1) / 4),
      );
    const program = await engine.load(g);
    const adam = new Adam(store);
    const feeds = { ids: { dims: [4], data: BigInt64Array.of(3n, 7n, 3n, 29n) } };
    const seen: { loss: number; norm: number }[] = [];
    let gradients: Record<string, Float32Array> = {};
    const read = async (region: "gradients" | "parameters") =>
      Object.fromEntries(
        await Promise.all(layout.map(async ({ name }) => [name, (await store.read(name, region)).data] as const)),
      );
    for (let step = 0; step < steps; step++) {
      const results = await program.run({ feeds, stores: [store], fetch: ["loss"] });
      if (step === 0) gradients = await read("gradients");
      seen.push({ loss: results.loss.data[0] as number, norm: await adam.step(0.01) });
      each?.(step);
    }
    const parameters = await read("parameters");
    await Promise.all([store.drop(), program.drop()]);
    return { seen, gradients, parameters };
  };

  test("gradients, looked-up rows among them, and Adam's steps", async () => {
    const [onGpu, onCpu] = [await learning(gpu, 5), await learning(cpu, 5)];
    for (const what of ["loss", "norm"] as const)
      expectClose(
        onGpu.seen.map((step) => step[what]),
        onCpu.seen.map((step) => step[what]),
        1e-5,
        what,
      );
    for (const kind of ["gradients", "parameters"] as const)
      for (const name of ["table", "w", "b"])
        expectClose(onGpu[kind][name], onCpu[kind][name], 1e-5, `${kind}/${name}`);
    expect(onCpu.seen[4].loss).toBeLessThan(onCpu.seen[0].loss);
  });

  test("parameters between two stores, and a gradient along the line, to the same bits", async () => {
    const layout = [{ name: "w", dims: [2, 3] }];
    const between = async (engine: Engine) => {
      const [start, end] = [await engine.createStore(layout), await engine.createStore(layout)];
      const store = await engine.createStore(layout, { trainable: true });
      await start.write("w", Float32Array.of(1, 0.1, -3, 0.3, 7, 2));
      await end.write("w", Float32Array.of(2, 0.7, 5, -0.1, 7, 1));
      await store.setBetween(start, end, 0.3);
      await store.write("w", Float32Array.of(1, -2, 3, 0.7, 5, 0.1), "gradients");
      const made = { dosed: (await store.read("w")).data, along: await store.gradientAlong("w", start, end) };
      await store.copyFrom(end, ["w"]);
      const copied = (await store.read("w")).data;
      await Promise.all([start.drop(), end.drop(), store.drop()]);
      return { ...made, copied };
    };
    expect(await between(gpu)).toEqual(await between(cpu));
  });

  test("500 steps leave nothing behind in memory", async () => {
    const used: number[] = [];
    await learning(gpu, 500, (step) => {
      if (step % 100 === 99) used.push(process.memoryUsage.rss());
    });
    // Software keeps a device's memory in the process; one step's tensors, forgotten, would be 8 KB each time and a session far more.
    const grown = (used[4] - used[1]) / 2 ** 20;
    expect(grown).toBeLessThan(16);
  });

  test("state stays on the device between runs, grows and shrinks there", async () => {
    const g = new Graph("columns");
    const cache = g.input("state/cache", ["stretches", "columns", 1]);
    g.output("next/cache", g.scale(g.input("x", [2, 1]), 1));
    g.output("cache", g.scale(cache, 1));
    const program = await gpu.load(g);
    const state = await gpu.createState({ cache: { dims: [2, 2, 1], data: Float32Array.of(1, 0, 2, 0) } }, 10);
    const before = async (slots: [bigint, bigint], x: [number, number]): Promise<number[]> => {
      const feeds = {
        slots: { dims: [2, 1], data: BigInt64Array.from(slots) },
        x: { dims: [2, 1], data: Float32Array.from(x) },
      };
      return [...((await program.run({ feeds, state, fetch: ["cache"] })).cache.data as Float32Array)];
    };
    expect(await before([1n, 3n], [3, 4])).toEqual([1, 0, 2, 0]);
    await state.grow(1, 3);
    expect(await before([2n, 5n], [5, 6])).toEqual([1, 3, 0, 2, 4, 0]);
    // What is written takes the place of what was there.
    expect(await before([0n, 3n], [0.1, 0.3])).toEqual([1, 3, 5, 2, 4, 6]);
    const [tenth, third] = [Math.fround(0.1), Math.fround(0.3)];
    await expect(state.grow(1, 6)).rejects.toThrow("state cache: expected at most 10 elements, received 12");
    expect(await before([1n, 4n], [0, 0])).toEqual([tenth, 3, 5, third, 4, 6]);
    await state.shorten(1);
    expect(await before([0n, 1n], [7, 8])).toEqual([tenth, 0, 5]);
    await state.drop();
    await program.drop();
  });

  test("what does not fit is refused, and nothing is read beyond an array", async () => {
    const g = new Graph("double");
    g.output("y", g.scale(g.input("x", ["n"]), 2));
    const own = await gpu.load(g);
    const short = own.run({ feeds: { x: { dims: [9], data: Float32Array.of(1) } }, fetch: ["y"] });
    await expect(short).rejects.toThrow("input x: expected 9 elements for [9], received 1");
    const store = await gpu.createStore([{ name: "w", dims: [3] }]);
    await expect(store.write("w", Float32Array.of(1))).rejects.toThrow("w has 3 elements, received 1");
    await expect(store.read("w", "gradients")).rejects.toThrow("has no gradients of w");
    await Promise.all([own.drop(), store.drop()]);
  });

  test("one step of PPO", async () => {
    const step = async (engine: Engine) => {
      const [policy, reference] = [await tinyModel({}, { engine, seed: 4 }), await tinyModel({}, { engine, seed: 4 })];
      const size = policy.config.dModel;
      const valueHead = {
        weight: Float32Array.from({ length: size }, (_, i) => Math.cos(i)),
        bias: new Float32Array(1),
      };
      const options = { batchSize: 4, miniBatchSize: 2, valueHeadDropout: 0, seed: 1 };
      const trainer = new PpoTrainer(policy, { reference, valueHead, ...options });
      const queries = [[1, 2], [3], [4, 5, 6], [7]];
      const responses = [[8, 9], [10, 11, 12], [13], [14, 15]];
      const statistics = await trainer.step(queries, responses, [1, -1, 0.5, 2]);
      await Promise.all([policy.dispose(), reference.dispose()]);
      return statistics as unknown as Record<string, number>;
    };
    const [onGpu, onCpu] = [await step(gpu), await step(cpu)];
    const names = Object.keys(onCpu).filter((name) => Number.isFinite(onCpu[name]) && !/time|seconds/i.test(name));
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expectClose([onGpu[name]], [onCpu[name]], 1e-3, name);
  });

  test("no operator of a model, its training or an autoencoder's is left to the CPU", async () => {
    const device = await Device.open(await loadLibrary());
    const graphs: string[] = [];
    /** Computes on the CPU, and has the device look at each graph. */
    class Looking extends Engine {
      override async load(graph: Graph): Promise<Program> {
        graphs.push(graph.name);
        device.createSession(encodeOnnx(lower(graph, { device: true })), { cpuFallback: false }).release();
        return super.load(graph);
      }
    }
    const engine = new Looking();
    const options = { engine };
    const models = [tinyModel({}, options), tinyGptNeo({}, options), tinyLlamaLike("llama", {}, options)];
    for (const model of await Promise.all(models)) {
      await model.forward({ inputIds: [[1, 2, 3]] }, { hooks: ["blocks.0.hook_mlp_out"] });
      await model.logProbs({ inputIds: [[1, 2, 3]] });
      await model.generate([[1, 2], [3]], { maxNewTokens: 2 });
    }
    const policy = await tinyModel({}, { engine });
    const trainer = new PpoTrainer(policy, {
      reference: await tinyModel({}, { engine }),
      batchSize: 1,
      miniBatchSize: 1,
    });
    await trainer.step([[1, 2]], [[3, 4]], [1]);
    const kinds: KindSettings[] = [
      { name: "relu", l1Coef: 1 },
      { name: "topk", k: 2 },
    ];
    for (const kind of kinds)
      for (const tied of [true, false]) await engine.load(trainingGraph([{ name: "a", dIn: 8, dSae: 16, tied, kind }]));
    expect([...new Set(graphs)].length).toBeGreaterThan(4);
    await engine.close();
    device.close();
  });

  test("memory that the device does not have: everything goes on on the CPU, with one line", async () => {
    await gpu.close();
    const own = new Engine({ device: "webgpu" });
    const lines: string[] = [];
    own.onNotice = (line) => lines.push(line);
    const kept = await own.createStore([{ name: "w", dims: [3] }], { trainable: true });
    await kept.write("w", Float32Array.of(1, -2, 3));
    const g = new Graph("sum");
    g.output("sum", g.reduceSum(g.input("parameters/w", [3])));
    const program = await own.load(g);
    const sum = async () => (await program.run({ feeds: {}, stores: [kept], fetch: ["sum"] })).sum.data[0];
    expect(await sum()).toBe(2);
    // 1 GiB, of which no page is touched on the CPU.
    await own.createStore([{ name: "large", dims: [2 ** 28 + 4] }]);
    expect(lines).toEqual([expect.stringMatching(/^The GPU failed \(.+\); models go on on the CPU\.$/)]);
    expect((await own.describe()).device).toBeUndefined();
    expect([...(await kept.read("w")).data]).toEqual([1, -2, 3]);
    expect(await sum()).toBe(2);
    await own.close();
  });
});
