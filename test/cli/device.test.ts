/** What the command line says of a GPU, and what comes of one that cannot be had. */
import { expect, test } from "vitest";
import { start } from "../support/program.js";
import { softwareGpu, softwareGpuNeeded } from "../support/software-gpu.js";

async function gpu(env: Record<string, string>): Promise<string> {
  const { code, stdout } = await start("rewardscope", ["doctor", "--json"], { env }).ended;
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { gpu: string }).gpu;
}

test.skipIf(!softwareGpu)(`doctor names a device that works${softwareGpuNeeded}`, async () => {
  expect(await gpu({ ...softwareGpu! })).toMatch(/^SwiftShader.*, works/);
});

test("where there is no driver, doctor says why", async () => {
  const env = { VK_DRIVER_FILES: "/nowhere/driver.json", REWARDSCOPE_DEVICE: "auto" };
  expect(await gpu({ ...softwareGpu, ...env })).toMatch(/^none \(.+\)$/);
});

test("a device that does not exist is bad input", async () => {
  const { code, stderr } = await start("rewardscope", ["run", "default", "--dry-run"], {
    env: { REWARDSCOPE_DEVICE: "cuda" },
  }).ended;
  expect(code).toBe(2);
  expect(stderr).toContain("REWARDSCOPE_DEVICE: expected cpu, webgpu, auto, received cuda");
});
