/** Opens a GPU, or says why there is none. */
import type { DeviceName } from "../../protocol.js";
import { loadLibrary } from "../c-api/library.js";
import { type Adapter, vulkanAdapters } from "./adapters.js";
import { Device } from "./device.js";

/** A device that works, or the reason why there is none. */
export type Opened = { readonly device: Device; readonly name: string } | { readonly reason: string };

/** What ONNX Runtime says, without the place in its sources. */
export function shortMessage(error: unknown): string {
  const [line] = (error as Error).message.split("\n");
  return line.split(" was false. ").at(-1)!;
}

/**
 * @param wanted `auto` passes over devices that compute on the CPU
 * @param library the file of another build of ONNX Runtime
 * @param threads of what a session computes on the CPU
 */
export async function openDevice(
  wanted: Exclude<DeviceName, "cpu">,
  library: string | undefined,
  threads: number | undefined,
): Promise<Opened> {
  try {
    const api = await loadLibrary(library);
    const { default: koffi } = await import("koffi");
    const [adapter]: (Adapter | undefined)[] = vulkanAdapters(koffi);
    if (!adapter) return { reason: "Vulkan has no device" };
    if (wanted === "auto" && adapter.software)
      return { reason: `the only device, ${adapter.name}, computes on the CPU itself` };
    return { device: await Device.open(api, threads), name: adapter.name };
  } catch (error) {
    return { reason: shortMessage(error) };
  }
}
