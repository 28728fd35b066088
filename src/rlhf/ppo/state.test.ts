import { expect, test } from "vitest";
import { FormatError } from "../../errors.js";
import { Rng } from "../../rng.js";
import { checkPpoState } from "./state.js";

const layout = [
  { name: "parameters.w", dims: [2, 3] },
  { name: "steps", dims: [1] },
];
const rng = Rng.fromSeed(1).state();
const values = { batches: 20, klCoef: 0.19, shuffle: rng, dropout: rng };
const tensors = {
  "parameters.w": { dims: [2, 3], data: new Float32Array(6) },
  steps: { dims: [1], data: Float32Array.of(80) },
};

test("a state that went through JSON is given back as it is", () => {
  const state = { values: JSON.parse(JSON.stringify(values)), tensors };
  expect(checkPpoState(state, layout)).toEqual({ values, tensors });
});

test.each([
  [{ values: null, tensors }, /state of a PPO trainer: values: /],
  [{ values: { ...values, batches: 0.5 }, tensors }, /batches: /],
  [{ values: { ...values, klCoef: null }, tensors }, /klCoef: /],
  [{ values: { ...values, shuffle: [1, 2, 3] }, tensors }, /shuffle: /],
  [{ values: { ...values, dropout: [1, 2, 3, -4] }, tensors }, /dropout\.3: /],
  [{ values, tensors: { steps: tensors.steps } }, /tensor parameters\.w: expected \[2, 3\], received nothing/],
  [
    { values, tensors: { ...tensors, steps: { dims: [], data: Float32Array.of(80) } } },
    /tensor steps: expected \[1\], received \[\]/,
  ],
])("what does not fit is refused by name (%#)", (state, message) => {
  expect(() => checkPpoState(state, layout)).toThrow(FormatError);
  expect(() => checkPpoState(state, layout)).toThrow(message);
});
