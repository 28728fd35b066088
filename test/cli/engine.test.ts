/** Which engine runs, as the command line tells it, and what comes of an engine that cannot be had. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, start } from "../support/program.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rewardscope-engine-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Node options under which a package is as if it were not installed. */
function without(name: string): Record<string, string> {
  const hooks = `export const resolve = (id, context, next) => { if (id === "${name}") throw new Error("no ${name} here"); return next(id, context); };`;
  const url = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  return {
    NODE_OPTIONS: `--import ${url(`import { register } from "node:module"; register(${JSON.stringify(url(hooks))});`)}`,
  };
}

async function doctor(env: Record<string, string>) {
  const { code, stdout, stderr } = await start("rewardscope", ["doctor", "--json"], { env }).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as { engine: string; fallbackReason?: string };
}

test("doctor names the engine: the C API, or what the environment asks for", async () => {
  const { engine, fallbackReason } = await doctor({});
  expect({ engine, fallbackReason }).toEqual({ engine: "c-api", fallbackReason: undefined });
  expect((await doctor({ REWARDSCOPE_BACKEND: "node" })).engine).toBe("node");
});

test("without koffi the Node binding runs, and doctor says why", async () => {
  expect(await doctor(without("koffi"))).toMatchObject({ engine: "node", fallbackReason: "no koffi here" });
});

test("an engine that cannot be had is bad input, before anything is written", async () => {
  const out = join(folder, "run");
  const env = { REWARDSCOPE_ONNXRUNTIME: join(folder, "nothing.so") };
  const args = ["run", join(root, "test/support/tiny.yaml"), "--out", out];
  const { code, stderr } = await start("rewardscope", args, { env }).ended;
  expect(code).toBe(2);
  expect(stderr).toContain("REWARDSCOPE_ONNXRUNTIME: expected the path of a library of ONNX Runtime 1.30.0");
  expect(existsSync(out)).toBe(false);
});
