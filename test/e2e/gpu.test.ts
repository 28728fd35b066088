/**
 * A whole run on the device that REWARDSCOPE_TEST_DEVICE names, beside one on the CPU; skipped without it, since a device in
 * software takes minutes.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { start } from "../support/program.js";
import { softwareGpu } from "../support/software-gpu.js";
import { tinyRunArguments } from "../support/tiny-run.js";

const device = process.env.REWARDSCOPE_TEST_DEVICE;

/** All numbers of a value read from JSON, by their paths. */
function numbersOf(value: unknown, path = ""): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersOf(inner, `${path}.${key}`));
}

test.skipIf(!device)("a whole run has the CPU's numbers", { timeout: 3_600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "rewardscope-gpu-"));
  const given = await tinyRunArguments(folder);
  const numbers = async (name: string, env: Record<string, string>) => {
    const out = join(folder, name);
    const { code, stderr } = await start("rewardscope", [...given, "--out", out], { env }).ended;
    expect(code, stderr).toBe(0);
    if (name !== "cpu") expect(stderr).toContain("Models run on the GPU");
    return new Map(numbersOf(JSON.parse(await readFile(join(out, "results.json"), "utf8"))));
  };
  const onCpu = await numbers("cpu", { REWARDSCOPE_DEVICE: "cpu" });
  const onDevice = await numbers(device!, { ...softwareGpu, REWARDSCOPE_DEVICE: device! });
  expect([...onDevice.keys()]).toEqual([...onCpu.keys()]);
  const differences = [...onCpu].map(([path, value]) => {
    const difference = Math.abs(onDevice.get(path)! - value) / (Math.abs(value) + 1e-3);
    return { path, value, difference };
  });
  differences.sort((a, b) => b.difference - a.difference);
  const within = (share: number) => differences.filter(({ difference }) => difference <= share).length;
  console.log(
    `${onCpu.size} numbers, ${within(1e-5)} within 1e-5, ${within(1e-3)} within 1e-3`,
    differences.slice(0, 5),
  );
  // Another order of sums tips a few draws of samples, and shares of a change that is nearly 0.
  expect(within(1e-3) / onCpu.size).toBeGreaterThan(0.9);
  expect(within(1e-2) / onCpu.size).toBeGreaterThan(0.97);
  await rm(folder, { recursive: true });
});
