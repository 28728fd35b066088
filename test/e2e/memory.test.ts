/** Memory over many calls: what a call allocates is given back. */
import { afterAll, expect, test } from "vitest";
import { Rng } from "../../src/rng.js";
import { Engine } from "../../src/runtime/engine.js";
import { tinyModel } from "../support/tiny-models.js";

const engine = new Engine();
afterAll(() => engine.close());

const residentMegabytes = (): number => process.memoryUsage.rss() / 1e6;

// Measured: -5 to 15 MB, the arenas' last growth and garbage that waits. A leak of a call's logits would be 450 MB.
const BOUND = 100;

test("200 forward passes of varied size do not add up", async () => {
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

test("models that are disposed give back parameters, programs and caches", async () => {
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
