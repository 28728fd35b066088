import { expect, test } from "vitest";
import { ConfigError, FormatError, InternalError, RewardscopeError, RunError, ShapeError } from "./errors.js";

test("a message carries place and help on lines of their own, and the error its facts", () => {
  const cause = new Error("below");
  const error = new ShapeError("MatMul: inner sizes differ", { at: "blocks.3.mlp", help: "check the folder", cause });
  expect(error.message).toBe("MatMul: inner sizes differ\n  at: blocks.3.mlp\n  help: check the folder");
  expect(error).toMatchObject({
    name: "ShapeError",
    code: "SHAPE_MISMATCH",
    at: "blocks.3.mlp",
    help: "check the folder",
    cause,
  });
});

test("every class has its name and its stable code", () => {
  const errors = [
    new RewardscopeError("INVALID_INPUT", "x"),
    new ConfigError("x", []),
    new FormatError("x", "y"),
    new RunError("x"),
    new InternalError("x"),
  ];
  expect(errors.map(({ name, code }) => `${name} ${code}`)).toEqual([
    "RewardscopeError INVALID_INPUT",
    "ConfigError INVALID_CONFIG",
    "FormatError INVALID_FILE",
    "RunError RUN_FAILED",
    "InternalError INTERNAL",
  ]);
  for (const error of errors) expect(error).toBeInstanceOf(RewardscopeError);
  expect(new InternalError("broken").message).toBe("internal: broken");
});

test("a ConfigError lists all problems, with the nearest known key", () => {
  const issues = [
    { path: "ppo.klCoef", expected: "a number", received: '"high"' },
    { path: "ppo.learningrate", expected: "a known key", received: "learningrate", nearest: "learningRate" },
  ];
  const error = new ConfigError("config.yaml", issues);
  expect(error.message).toBe(
    'config.yaml: 2 problems\n  ppo.klCoef: expected a number, received "high"\n' +
      "  ppo.learningrate: expected a known key, received learningrate (did you mean learningRate?)",
  );
  expect(error.issues).toEqual(issues);
  expect(new ConfigError("x", issues.slice(1)).message).toContain("x: 1 problem\n");
});

test("a FormatError names the file and where in it", () => {
  const error = new FormatError("a.safetensors", "ends too early", { offset: 17 });
  expect(error).toMatchObject({ file: "a.safetensors", offset: 17, message: "a.safetensors: ends too early" });
});

test("a message shows the first fifty of many problems", () => {
  const issues = Array.from({ length: 52 }, (_, i) => ({ path: `f${i}`, expected: "a number", received: "x" }));
  const error = new ConfigError("config.yaml", issues);
  expect(error.message).toMatch(/^config\.yaml: 52 problems\n/);
  expect(error.message).toMatch(/\n {2}f49: [^\n]*\n {2}\.\.\. and 2 more$/);
  expect(error.issues).toEqual(issues);
});
