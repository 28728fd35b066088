/** Memory over many calls: what a call allocates is given back. Longer where REWARDSCOPE_FAULTS is `full`. */
import { resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { KindSettings } from "../../src/dictionary/kind.js";
import { loadTokenizer } from "../../src/model/tokenizer/tokenizer.js";
import { PpoTrainer } from "../../src/rlhf/index.js";
import { Rng } from "../../src/rng.js";
import { Engine } from "../../src/runtime/engine.js";
import type { ActivationBatch } from "../../src/sae/activation-stream.js";
import { trainAutoencoders } from "../../src/sae/train-autoencoders.js";
import { mutationCount } from "../support/mutations.js";
import { tinyModel } from "../support/tiny-models.js";

const engine = new Engine();
afterAll(() => engine.close());

const residentMegabytes = (): number => process.memoryUsage.rss() / 1e6;

// Measured: -5 to 15 MB, the arenas' last growth and garbage that waits. A leak of a call's logits would be 450 MB.
const BOUND = 100;

test("200 forward passes of varied size do not add up", { timeout: 600_000 }, async () => {
  const model = await tinyModel({ vocabSize: 2000 }, { engine });
  const rng = Rng.fromSeed(1, "soak");
  const pass = (): Promise<unknown> => {
    const [batch, length] = [1 + rng.integer(16), 1 + rng.integer(60)];
    const inputIds = Array.from({ length: batch }, () => Array.from({ length }, () => rng.integer(2000)));
    return model.forward({ inputIds }, { hooks: ["blocks.0.hook_mlp_out"] });
  };
  for (let i = 0; i < 100; i++) await pass();
  const before = residentMegabytes();
  for (let i = 0; i < 200; i++) await pass();
  expect(residentMegabytes() - before).toBeLessThan(BOUND);
});

test("models that are disposed give back parameters, programs and caches", { timeout: 600_000 }, async () => {
  const cycle = async (): Promise<void> => {
    const model = await tinyModel({ vocabSize: 5000, dModel: 64 }, { engine, trainable: true });
    await model.forward({ inputIds: [[1, 2, 3]] });
    await model.generate([[1, 2], [3]], { maxNewTokens: 3 });
    await model.dispose();
  };
  for (let i = 0; i < 10; i++) await cycle();
  const before = residentMegabytes();
  // 40 times 2.7 MB of parameters, four regions each: 430 MB if they stayed.
  for (let i = 0; i < 40; i++) await cycle();
  expect(residentMegabytes() - before).toBeLessThan(BOUND);
});

/** Memory at every step; what it grows by, as a straight line through all but the first fifth. */
class Memory {
  private readonly megabytes: number[] = [];

  note = (): void => void this.megabytes.push(residentMegabytes());

  /** @returns megabytes, over all steps that are looked at */
  growth(what: string): number {
    const seen = this.megabytes.slice(Math.floor(this.megabytes.length / 5));
    const [middle, mean] = [(seen.length - 1) / 2, seen.reduce((sum, value) => sum + value, 0) / seen.length];
    const products = seen.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
    const slope = products / seen.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
    const perThousand = (1000 * slope).toFixed(2);
    const ends = [seen[0], seen[seen.length - 1], Math.max(...seen)].map(Math.round).join(", ");
    console.log(`${what}: ${perThousand} MB per 1000 steps over ${seen.length}; first, last, most: ${ends} MB`);
    return slope * seen.length;
  }
}

test("batches of PPO do not add up", { timeout: 3_600_000 }, async () => {
  const batches = mutationCount(200, 500);
  const model = () => tinyModel({ vocabSize: 512, dModel: 16 }, { engine });
  const [policy, reference, tokenizer] = [
    await model(),
    await model(),
    await loadTokenizer(resolve(import.meta.dirname, "../golden/tokenizer/neox")),
  ];
  const trainer = new PpoTrainer(policy, {
    ...{ reference, tokenizer, reward: (texts: readonly string[]) => texts.map((text) => text.length / 100) },
    ...{ batchSize: 8, miniBatchSize: 4, ppoEpochs: 2, learningRate: 1e-4 },
    ...{ queryTokens: [2, 8] as const, responseTokens: [8, 16] as const },
  });
  const memory = new Memory();
  const corpus = Array.from({ length: 40 }, (_, i) => ({
    text: `The film number ${i} was good and the people in it were fine.`,
  }));
  await trainer.run(corpus, { batches, onBatch: memory.note });
  await Promise.all([policy.dispose(), reference.dispose()]);
  // If the logits of every minibatch stayed, it were 0.8 MB for each batch, 160 MB for 200.
  expect(memory.growth(`${batches} batches of PPO`)).toBeLessThan(BOUND);
});

const kinds: readonly KindSettings[] = [
  { name: "relu", l1Coef: 0.001 },
  { name: "topk", k: 3 },
  { name: "batchtopk", k: 3 },
];

test.each(kinds)("steps of autoencoders, $name, do not add up", { timeout: 3_600_000 }, async (kind) => {
  const steps = mutationCount(2000, 20_000);
  const [tokens, dIn] = [512, 32];
  const rng = Rng.fromSeed(1, "activations");
  async function* stream(): AsyncGenerator<ActivationBatch> {
    for (let step = 0; step < steps; step++) {
      const data = Float32Array.from({ length: tokens * dIn }, () => rng.uniform());
      yield { texts: [], activations: new Map([[0, { dims: [tokens, dIn], data }]]) };
    }
  }
  const memory = new Memory();
  const specs = [32, 64].map((dSae) => ({ layer: 0, name: String(dSae), dIn, dSae }));
  expect((await trainAutoencoders(stream(), specs, { kind, engine, onStep: memory.note })).steps).toBe(steps);
  // If every batch of activations stayed, it were 0.07 MB for each step, 130 MB for 2000.
  expect(memory.growth(`${steps} steps of autoencoders, ${kind.name}`)).toBeLessThan(BOUND);
});
