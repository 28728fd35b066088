/** Where the environment says that models run, and what is told about it. */
import type { ConfigIssue } from "../errors.js";
import { type DeviceName, deviceNames, type EngineDescription } from "./protocol.js";

/** The environment variable that names a device; it goes before the setting `device`. */
const DEVICE_VARIABLE = "REWARDSCOPE_DEVICE";

/** The device that the environment names; undefined if none, or one that does not exist (see `deviceIssues`). */
export function namedDevice(env: NodeJS.ProcessEnv): DeviceName | undefined {
  return deviceNames.find((name) => name === env[DEVICE_VARIABLE]);
}

/** What is wrong with the environment's device. */
export function deviceIssues(env: NodeJS.ProcessEnv): ConfigIssue[] {
  const received = env[DEVICE_VARIABLE];
  if (!received || namedDevice(env)) return [];
  return [{ path: DEVICE_VARIABLE, expected: deviceNames.join(", "), received }];
}

/** A line about the GPU that was asked for. */
export function deviceNotice({ device, deviceReason }: EngineDescription, wanted: DeviceName): string {
  if (device) return `Models run on the GPU (${device}, WebGPU); autoencoders are trained on the CPU.`;
  return `device ${wanted}: no GPU can be used (${deviceReason}), so models run on the CPU.`;
}
