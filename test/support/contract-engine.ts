/** The engine of the contract tests: on the CPU, or on the device that REWARDSCOPE_TEST_DEVICE names. */
import { Engine } from "../../src/runtime/engine.js";
import { softwareGpuNeeded, useSoftwareGpu } from "./software-gpu.js";

/** @throws Error when the device does not work, so that no test passes on another one */
export async function contractEngine(): Promise<Engine> {
  const device = process.env.REWARDSCOPE_TEST_DEVICE;
  if (!device) return new Engine();
  if (device !== "webgpu") throw new Error(`REWARDSCOPE_TEST_DEVICE: expected webgpu, received ${device}`);
  await useSoftwareGpu();
  const engine = new Engine({ device });
  const { device: name, deviceReason } = await engine.describe();
  if (!name) throw new Error(`no WebGPU device: ${deviceReason}${softwareGpuNeeded}`);
  return engine;
}
