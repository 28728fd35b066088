/**
 * A GPU in software: SwiftShader, the Vulkan driver that Chromium brings along, so that tests of the device run
 * where there is no GPU.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadLibrary } from "../../src/runtime/backends/c-api/library.js";

/** Where Debian's and Google's packages put it. */
const folders = ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"];

const folder = folders.find((each) =>
  ["libvk_swiftshader.so", "vk_swiftshader_icd.json", "libvulkan.so.1"].every((file) => existsSync(join(each, file))),
);

/** The environment of a program that finds it; undefined where it is not installed. */
export const softwareGpu: Readonly<Record<string, string>> | undefined = folder
  ? { VK_DRIVER_FILES: join(folder, "vk_swiftshader_icd.json"), LD_LIBRARY_PATH: folder }
  : undefined;

/** The name of what is missing, for the tests that are skipped. */
export const softwareGpuNeeded = softwareGpu ? "" : ` (needs Chromium's SwiftShader in ${folders.join(" or ")})`;

/**
 * Lets this process find it: its loader is loaded by its path, since the system looks for libraries where it did
 * when the process began.
 */
export async function useSoftwareGpu(): Promise<void> {
  if (!folder) return;
  // Koffi is configured before it loads anything.
  await loadLibrary();
  process.env.VK_DRIVER_FILES = softwareGpu!.VK_DRIVER_FILES;
  const { default: koffi } = await import("koffi");
  const [RTLD_NOW, RTLD_GLOBAL] = [0x2, 0x100];
  koffi.load(null).func("dlopen", "void *", ["str", "int"])(join(folder, "libvulkan.so.1"), RTLD_NOW | RTLD_GLOBAL);
}
