import { expect, test } from "vitest";
import { RunError } from "../errors.js";
import { Rng } from "../rng.js";
import { ParameterMemory } from "./parameter-memory.js";
import type { AdamSettings } from "./protocol.js";

const settings: AdamSettings = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  maxGradNorm: 1,
  step: 1,
};

const layout = [
  { name: "table", dims: [7, 4], decay: true },
  { name: "norm", dims: [5] },
  { name: "matrix", dims: [6, 8], decay: true },
];

function fill(values: Float32Array, rng: Rng): void {
  for (let i = 0; i < values.length; i++) values[i] = rng.normal();
}

/** The memory after two steps with the same random parameters and gradients. */
function trained(blockBytes?: number) {
  const memory = new ParameterMemory(layout, true, { blockBytes });
  const rng = Rng.fromSeed(1, "values");
  for (const { name } of layout) fill(memory.overwrite("parameters", name)!, rng);
  const norms = [1, 2].map((step) => {
    memory.clearRows("table");
    memory.addRows(
      "table",
      new BigInt64Array([2n, 5n, 2n]),
      Float32Array.from({ length: 12 }, () => rng.normal()),
    );
    for (const name of ["norm", "matrix"]) fill(memory.overwrite("gradients", name)!, rng);
    return memory.adamStep({ ...settings, step });
  });
  return { norms, values: layout.map(({ name }) => [...memory.view("parameters", name)!]) };
}

test("steps are the same, in one block or in several", () => {
  const whole = trained();
  // 64 floats of the largest tensor with its gradients and moments.
  const apart = trained(4 * 4 * 64);
  // Sums of single precision, cut elsewhere.
  expect(apart.norms[0]).toBeCloseTo(whole.norms[0], 5);
  apart.values.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(whole.values.flat()[i], 6);
  });
  expect(whole.norms[0]).toBeGreaterThan(settings.maxGradNorm);
});

test("parameters of more than 4 GiB together, each by itself", () => {
  // Pages of memory that nobody writes to take no room.
  const names = ["a", "b", "c"];
  const memory = new ParameterMemory(
    names.map((name) => ({ name, dims: [2 ** 20, 480] })),
    false,
  );
  for (const [i, name] of names.entries()) {
    const values = memory.view("parameters", name)!;
    [values[0], values[values.length - 1]] = [i + 1, -i - 1];
  }
  for (const [i, name] of names.entries()) {
    const values = memory.view("parameters", name)!;
    expect([values.length, values[0], values.at(-1)]).toEqual([480 * 2 ** 20, i + 1, -i - 1]);
  }
});

test("one that is too large by itself is named", () => {
  const make = () => new ParameterMemory([{ name: "embedding", dims: [2 ** 18, 2048] }], true);
  expect(make).toThrow(RunError);
  expect(make).toThrow("expected at most 4.0 GiB for one, received 8.0 GiB for embedding [262144, 2048]");
});
