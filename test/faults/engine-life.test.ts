/** The C API is native code: what holds its memory and its library is tried in processes of their own, where a crash is seen. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/program.js";

function ended(ending: string) {
  const script = join(root, "test/support/engine-life.ts");
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--import", import.meta.resolve("tsx"), script, ending],
    { encoding: "utf8", timeout: 240_000 },
  );
  return { status, signal, stderr, result: stdout === "" ? undefined : JSON.parse(stdout) };
}

test("10,000 runs, 200 sessions and 100 aborted runs: every answer is right, no thread and little memory stays", () => {
  const { result, ...rest } = ended("work");
  expect(rest).toEqual({ status: 0, signal: null, stderr: "" });
  expect(result.aborted).toBeGreaterThan(0);
  expect(result.grown.threads).toBeLessThanOrEqual(0);
  expect(result.grown.mebibytes).toBeLessThan(100);
}, 300_000);

test("an engine closed in the midst of a run fails the run, and leaves no thread behind", () => {
  const { status, signal, result } = ended("close");
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  expect(result).toEqual({ outcomes: Array(5).fill("the engine was closed"), moreThreads: 0 });
});

test("a process that exits in the midst of a run exits as it said", () => {
  expect(ended("exit")).toMatchObject({ status: 7, signal: null });
});

test("a process whose engine nobody closed, or nobody used, ends by itself", () => {
  for (const ending of ["leave", "unused"]) expect(ended(ending)).toMatchObject({ status: 0, signal: null });
});
