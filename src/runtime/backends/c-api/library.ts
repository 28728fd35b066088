/**
 * Loads ONNX Runtime's native library, checks its version, and binds the functions of its C API.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ConfigError } from "../../../errors.js";
import { TABLE_LENGTH } from "./functions.js";
import { type Koffi, OrtApi } from "./ort-api.js";

/** The supported version, that of the package: `functions.ts` describes its functions. */
export const LIBRARY_VERSION = "1.30.0";
/** The requested version of the struct OrtApi; a library supports all versions up to its own. */
const API_VERSION = 22;
/** The environment variable with the path of another build of the library. */
export const LIBRARY_VARIABLE = "REWARDSCOPE_ONNXRUNTIME";

/**
 * ONNX Runtime's kernels need more stack than koffi's default. Reserved memory, not used memory.
 */
const STACK_BYTES = 16 * 1024 * 1024;

/** The library of onnxruntime-node. @throws Error when that package is not installed */
export function packagedLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return join(root, "bin", "napi-v6", process.platform, process.arch, "libonnxruntime.so.1");
}

/** Libraries loaded in this thread, by path. */
const loaded = new Map<string, { library: unknown; api: OrtApi }>();
let configured = false;

/**
 * Keeps a library loaded as long as the process. Otherwise koffi unloads it when the thread that
 * loaded it ends, while threads of its sessions may still run.
 */
function pin(koffi: Koffi, file: string): void {
  const [RTLD_NOW, RTLD_NODELETE] = [0x2, 0x1000];
  koffi.load(null).func("dlopen", "void *", ["str", "int"])(file, RTLD_NOW | RTLD_NODELETE);
}

async function load(file: string): Promise<OrtApi> {
  const known = loaded.get(file);
  if (known) return known.api;
  // Untested on other platforms, where a wrong call would crash the process.
  if (process.platform !== "linux") throw new Error(`the C API is supported only on Linux, not on ${process.platform}`);
  const { default: koffi } = await import("koffi");
  if (!configured) koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES });
  configured = true;
  const library = koffi.load(file);
  const base = library.func("OrtGetApiBase", "void *", [])() as bigint;
  // OrtApiBase: GetApi, GetVersionString
  const [getApi, getVersion] = koffi.decode(base, koffi.array("void *", 2)) as bigint[];
  const version = koffi.call(getVersion, koffi.proto("str", [])) as string;
  if (version !== LIBRARY_VERSION) throw new Error(`its version is ${version}, not ${LIBRARY_VERSION}`);
  pin(koffi, file);
  const table = koffi.call(getApi, koffi.proto("void *", ["uint32_t"]), API_VERSION) as bigint;
  const api = new OrtApi(koffi, koffi.decode(table, koffi.array("void *", TABLE_LENGTH)) as bigint[]);
  loaded.set(file, { library, api });
  return api;
}

/**
 * Loads the library.
 * @param path its file; default: that of onnxruntime-node
 * @throws Error when koffi or the library cannot be loaded, or the version or struct is another
 *   one; ConfigError if the path was given
 */
export async function loadLibrary(path?: string): Promise<OrtApi> {
  if (path === undefined) return load(packagedLibrary());
  try {
    return await load(path);
  } catch (cause) {
    const received = `${path}: ${(cause as Error).message.split("\n")[0]}`;
    const expected = `the path of a library of ONNX Runtime ${LIBRARY_VERSION} (libonnxruntime.so)`;
    throw new ConfigError("rewardscope", [{ path: LIBRARY_VARIABLE, expected, received }]);
  }
}
