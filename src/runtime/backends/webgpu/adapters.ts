/** The graphics devices that the machine's Vulkan drivers have, by which WebGPU works on Linux. */
import type { Koffi } from "../c-api/ort-api.js";

const LIBRARY = "libvulkan.so.1";
/** VkStructureType of VkInstanceCreateInfo, whose other fields are 0 here, and its size in bytes. */
const [INSTANCE_CREATE_INFO, CREATE_INFO_BYTES] = [1, 64];
/** VkPhysicalDeviceProperties: where type and name are, and enough memory for all of it. */
const [TYPE_AT, NAME_AT, NAME_BYTES, PROPERTIES_BYTES] = [16, 20, 256, 4096];
/** VkPhysicalDeviceType in the order in which WebGPU prefers them: discrete, integrated, virtual, other, CPU. */
const preference = [2, 1, 3, 0, 4];
const CPU = 4;

export interface Adapter {
  readonly name: string;
  /** Whether it computes on the CPU, as SwiftShader and llvmpipe do. */
  readonly software: boolean;
}

/** The name up to its first 0. */
function nameIn(properties: Buffer): string {
  const bytes = properties.subarray(NAME_AT, NAME_AT + NAME_BYTES);
  return bytes.subarray(0, bytes.indexOf(0)).toString("utf8");
}

/**
 * All adapters, the one that WebGPU takes first.
 * @throws Error when Vulkan's loader is not installed or fails
 */
export function vulkanAdapters(koffi: Koffi): Adapter[] {
  const library = koffi.load(LIBRARY);
  const create = library.func("vkCreateInstance", "int", ["void *", "void *", "void *"]);
  const enumerate = library.func("vkEnumeratePhysicalDevices", "int", ["void *", "void *", "void *"]);
  const properties = library.func("vkGetPhysicalDeviceProperties", "void", ["void *", "void *"]);
  const destroy = library.func("vkDestroyInstance", "void", ["void *", "void *"]);
  const info = new Int32Array(CREATE_INFO_BYTES / 4);
  info[0] = INSTANCE_CREATE_INFO;
  const instance = new BigUint64Array(1);
  const made = create(info, null, instance) as number;
  if (made !== 0) throw new Error(`Vulkan gives the error ${made}: it has no driver`);
  try {
    const count = new Uint32Array(1);
    enumerate(instance[0], count, null);
    const devices = new BigUint64Array(Math.max(1, count[0]));
    enumerate(instance[0], count, devices);
    return [...devices.subarray(0, count[0])]
      .map((device) => {
        const found = Buffer.alloc(PROPERTIES_BYTES);
        properties(device, found);
        return { type: found.readUInt32LE(TYPE_AT), name: nameIn(found) };
      })
      .sort((a, b) => preference.indexOf(a.type) - preference.indexOf(b.type))
      .map(({ type, name }) => ({ name, software: type === CPU }));
  } finally {
    destroy(instance[0], null);
  }
}
