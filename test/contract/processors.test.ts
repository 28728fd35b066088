/** The same bits on every processor: operators, their gradients, a batch of tuning, and what is sampled after it. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { writeLibraryWithoutAvx512 } from "../support/library-without-avx512.js";

const script = join(import.meta.dirname, "../support/operator-bits.ts");
const record = join(import.meta.dirname, "../golden/operator-bits.json");

async function bits(library?: string): Promise<Record<string, string>> {
  const env = { ...process.env, REWARDSCOPE_BACKEND: "c-api", ...(library && { REWARDSCOPE_ONNXRUNTIME: library }) };
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script], { env });
  return JSON.parse(stdout);
}

const flags = process.platform === "linux" && process.arch === "x64" ? readFileSync("/proc/cpuinfo", "utf8") : "";

test.skipIf(!flags.includes("avx2"))("those that were recorded (skipped but on Linux, x64, AVX2)", async () => {
  expect(await bits()).toEqual(JSON.parse(await readFile(record, "utf8")));
});

test.skipIf(!flags.includes("avx512f"))("with the kernels for AVX2 alone (skipped without AVX-512)", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-library-"));
  const library = join(folder, "libonnxruntime.so.1");
  try {
    writeLibraryWithoutAvx512(library);
    expect(await bits(library)).toEqual(JSON.parse(await readFile(record, "utf8")));
  } finally {
    await rm(folder, { recursive: true });
  }
});
