import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { checkValues } from "./module-values.js";

const texts = ["first text", "second text"];
const checked = (given: unknown) => checkValues("the reward x.mjs", texts, given);

test.each([
  ["a list", [1, -0.5]],
  ["a list of another realm", runInNewContext("[1, -0.5]")],
  ["single precision", Float32Array.of(1, -0.5)],
  ["double precision", Float64Array.of(1, -0.5)],
])("%s becomes a plain list", (_, given) => {
  const values = checked(given);
  expect(values).toEqual([1, -0.5]);
  expect(Array.isArray(values)).toBe(true);
});

test("values keep every bit", () => {
  const values = checked([-0, 5e-324]) as number[];
  expect(Object.is(values[0], -0) && values[1] === 5e-324).toBe(true);
});

test.each([
  ["too few", [1], ": expected a list of 2 numbers, received 1"],
  ["nothing", undefined, ": expected a list of 2 numbers, received nothing"],
  ["null", null, ": expected a list of 2 numbers, received object null"],
  ["a set", new Set([1, 2]), ": expected a list of 2 numbers, received an object"],
  ["bytes without a type", new DataView(new ArrayBuffer(2)), ": expected a list of 2 numbers, received an object"],
  ["one text for all", "12", ": expected a list of 2 numbers, received string 12"],
  ["a hole", Object.assign(new Array(2), { 0: 1 }), ", text 1 of 2: expected a finite number, received nothing"],
  ["big integers", BigInt64Array.of(1n, 2n), ", text 0 of 2: expected a finite number, received bigint 1"],
  ["numbers as text", [1, "2"], ", text 1 of 2: expected a finite number, received string 2"],
  ["infinity", [1, -Infinity], ", text 1 of 2: expected a finite number, received number -Infinity"],
  [
    "single-precision NaN",
    Float32Array.of(Number.NaN, 1),
    ", text 0 of 2: expected a finite number, received number NaN",
  ],
  ["truth", [true, 1], ", text 0 of 2: expected a finite number, received boolean true"],
  ["a symbol", [Symbol("s"), 1], ", text 0 of 2: expected a finite number, received symbol Symbol(s)"],
  ["promises", [Promise.resolve(1), 2], ", text 0 of 2: expected a finite number, received a promise (Promise.all"],
  [
    "a long text",
    ["x".repeat(1e6), 2],
    `, text 0 of 2: expected a finite number, received string ${"x".repeat(60)}...`,
  ],
])("%s is refused", (_, given, message) => {
  const problem = checked(given) as { message: string; help?: string };
  expect(problem.message).toContain(`the reward x.mjs${message}`);
  expect(problem.message.length).toBeLessThan(200);
  if (message.startsWith(", text 1")) expect(problem.help).toBe('The text begins: "second text"');
});
