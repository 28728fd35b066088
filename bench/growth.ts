/**
 * How time and memory grow with the sizes of the work, on the embedded model: each size in a process of its own, `npm run
 * bench:growth`. A factor of 2 in the last column of time means that twice the work takes twice the time.
 */
import { spawnSync } from "node:child_process";
import { loadModel } from "../src/model/load.js";
import { PpoTrainer } from "../src/rlhf/ppo/trainer.js";
import { Rng } from "../src/rng.js";
import { sharedEngine } from "../src/runtime/engine.js";
import { streamActivations } from "../src/sae/activation-stream.js";
import { TrainingPrograms } from "../src/sae/gradients/training-programs.js";
import { LayerTrainer } from "../src/sae/layer-trainer.js";
import { Draws } from "./worker.js";

interface Case {
  title: string;
  sizes: readonly number[];
  /** Prepares the work of one size. */
  prepare(size: number): Promise<() => Promise<unknown>>;
}

const draws = new Draws(11);
const texts = (count: number, length: number) => Array.from({ length: count }, () => draws.integers(length, 5, 8000));

const cases: Record<string, Case> = {
  corpus: {
    title: "MLP outputs of 5 layers, texts of 64 tokens",
    sizes: [250, 500, 1000, 2000],
    prepare: async (size) => {
      const model = await loadModel("embedded");
      const stream = streamActivations(model, texts(size, 64), { layers: [0, 1, 2, 3, 4] });
      return async () => {
        for await (const _ of stream);
      };
    },
  },
  length: {
    title: "logits of 8 texts, tokens per text",
    sizes: [64, 128, 256, 512],
    prepare: async (size) => {
      const model = await loadModel("embedded");
      const inputIds = texts(8, size);
      return () => model.logProbs({ inputIds });
    },
  },
  tokens: {
    title: "sampling of 32 texts, new tokens",
    sizes: [20, 40, 80, 160],
    prepare: async (size) => {
      const model = await loadModel("embedded");
      const prompts = texts(32, 8);
      return () => model.generate(prompts, { maxNewTokens: size, stopTokens: [] });
    },
  },
  batch: {
    title: "PPO step, texts per batch (minibatches of 16)",
    sizes: [32, 64, 128, 256],
    prepare: async (size) => {
      const [policy, reference] = [await loadModel("embedded"), await loadModel("embedded")];
      const trainer = new PpoTrainer(policy, { reference, batchSize: size, miniBatchSize: 16, learningRate: 1e-6 });
      const [queries, responses] = [texts(size, 6), texts(size, 14)];
      return () => trainer.step(queries, responses, new Array(size).fill(1));
    },
  },
  dictionary: {
    title: "autoencoder step, 4096 tokens of 256 dimensions, features",
    sizes: [256, 512, 1024, 2048],
    prepare: async (size) => {
      const rng = Rng.fromSeed(1, "growth");
      const shapes = [{ name: "a", dIn: 256, dSae: size, tied: true, kind: { name: "relu", l1Coef: 0.001 } as const }];
      const engine = sharedEngine();
      const trainer = await LayerTrainer.create(new TrainingPrograms(engine), 0, shapes, {
        reconstruction: "mean",
      });
      await trainer.initialise(() => rng);
      const x = { dims: [4096, 256], data: Float32Array.from({ length: 4096 * 256 }, () => rng.normal()) };
      return () => trainer.step(x, 1e-6);
    },
  },
};

const REPEATS = 3;
const [, , name, size] = process.argv;
if (name) {
  const work = await cases[name].prepare(Number(size));
  await work();
  const seconds: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const started = performance.now();
    await work();
    seconds.push((performance.now() - started) / 1000);
  }
  // maxRSS is in KiB.
  console.log(JSON.stringify({ seconds: Math.min(...seconds), mebibytes: process.resourceUsage().maxRSS / 1024 }));
  process.exit(0);
}
console.log(
  "| work | size | seconds, best of 3 | times the smaller size's | peak memory |\n| --- | --- | --- | --- | --- |",
);
for (const [key, { title, sizes }] of Object.entries(cases)) {
  let before: number | undefined;
  for (const one of sizes) {
    const args = ["--import", "tsx", process.argv[1], key, String(one)];
    const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    const { seconds, mebibytes } = JSON.parse(stdout) as { seconds: number; mebibytes: number };
    const factor = before === undefined ? "" : (seconds / before).toFixed(2);
    console.log(`| ${title} | ${one} | ${seconds.toFixed(3)} | ${factor} | ${mebibytes.toFixed(0)} MiB |`);
    before = seconds;
  }
}
