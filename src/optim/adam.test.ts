import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import { RunError } from "../errors.js";
import { Engine } from "../runtime/engine.js";
import { Adam } from "./adam.js";

type Tensors = Record<string, number[]>;
interface Recording {
  settings: { beta1: number; beta2: number; epsilon: number; weightDecay: number; maxGradNorm: number };
  start: Tensors;
  steps: { learningRate: number; gradients: Tensors; norm: number; parameters: Tensors }[];
}

const golden = JSON.parse(readFileSync(new URL("../../test/golden/adam/adam.json", import.meta.url), "utf8")) as {
  shapes: Record<string, number[]>;
  cases: Record<string, Recording>;
};
/**
 * Sizes 15, 7, 1 and 1: none is a multiple of the four floats that the kernel processes together.
 */
const layout = Object.entries(golden.shapes).map(([name, dims]) => ({ name, dims, decay: name === "matrix" }));

const engine = new Engine();
afterAll(() => engine.close());

async function trainableStore(start: Tensors) {
  const store = await engine.createStore(layout, { trainable: true });
  for (const { name } of layout) await store.write(name, Float32Array.from(start[name]));
  return store;
}

describe("as PyTorch steps", () => {
  test.each(Object.entries(golden.cases))("%s", async (_name, { settings, start, steps }) => {
    const store = await trainableStore(start);
    const adam = new Adam(store, settings);
    for (const [i, { learningRate, gradients, norm, parameters }] of steps.entries()) {
      for (const { name } of layout) await store.write(name, Float32Array.from(gradients[name]), "gradients");
      expectClose([await adam.step(learningRate)], [norm], 1e-6, `norm of step ${i + 1}`);
      // A few roundings to single precision per step, of parameters about 1.
      for (const { name } of layout)
        expectClose((await store.read(name)).data, parameters[name], 5e-7, `${name} after step ${i + 1}`);
    }
    expect(adam.stepCount).toBe(steps.length);
    await store.drop();
  });
});

test("a state that was taken and restored goes on to the same bits", async () => {
  const { settings, start, steps } = golden.cases["weight decay"];
  const [whole, resumed] = [await trainableStore(start), await trainableStore(start)];
  const [wholeAdam, before] = [new Adam(whole, settings), new Adam(resumed, settings)];
  const take = async (store: typeof whole, adam: Adam, step: number): Promise<void> => {
    for (const { name } of layout) await store.write(name, Float32Array.from(steps[step].gradients[name]), "gradients");
    await adam.step(0.01);
  };
  for (let step = 0; step < 4; step++) await take(whole, wholeAdam, step);
  for (let step = 0; step < 2; step++) await take(resumed, before, step);
  const saved = await before.state();
  expect(Object.keys(saved)).toHaveLength(1 + 2 * layout.length);
  for (const { name, dims } of layout)
    for (const region of ["firstMoment", "secondMoment"] as const)
      await resumed.write(name, new Float32Array(dims.reduce((a, b) => a * b, 1)), region);
  const after = new Adam(resumed, settings);
  await after.restore(async (name) => saved[name]);
  for (let step = 2; step < 4; step++) await take(resumed, after, step);
  for (const { name } of layout) expect(await resumed.read(name)).toEqual(await whole.read(name));
});

test("a norm that is not finite is an error, and nothing has moved", async () => {
  const { start, steps } = golden.cases.plain;
  const store = await trainableStore(start);
  const adam = new Adam(store);
  for (const { name } of layout) await store.write(name, Float32Array.from(steps[0].gradients[name]), "gradients");
  await store.write("scalar", Float32Array.of(Number.NaN), "gradients");
  await expect(adam.step(0.1)).rejects.toThrow("step 1: norm of the gradients: expected a finite number, received NaN");
  await expect(adam.step(0.1)).rejects.toBeInstanceOf(RunError);
  expect(adam.stepCount).toBe(0);
  expectClose((await store.read("matrix")).data, start.matrix, 1e-8);
  expect((await store.read("matrix", "firstMoment")).data.every((value) => value === 0)).toBe(true);
});

test("the norm of many floats is summed without losing the small ones", async () => {
  // 300,000 times 0.01^2 beside one 100^2. One stretch loses a thousand of them; one sum in single
  // precision would lose a quarter of them all, 4e-4 of the norm.
  const store = await engine.createStore([{ name: "big", dims: [300_001] }], { trainable: true });
  await store.write("big", new Float32Array(300_001).fill(0.01).with(0, 100), "gradients");
  expectClose([await new Adam(store).step(0)], [Math.sqrt(10_000 + 30)], 1e-5);
});
