/** Finds and loads the library of ONNX Runtime, checks its version, and binds the functions of its C API. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ConfigError } from "../../../errors.js";
import { TABLE_LENGTH } from "./functions.js";
import { type Koffi, OrtApi } from "./ort-api.js";

/** The version whose table of functions `functions.ts` describes, and whose numbers are known: that of the package. */
export const LIBRARY_VERSION = "1.30.0";
/** The version of the struct OrtApi that is asked for; a library gives every version up to its own. */
const API_VERSION = 22;
/** The environment variable with the path of another build of the library. */
export const LIBRARY_VARIABLE = "REWARDSCOPE_ONNXRUNTIME";

/** ONNX Runtime's kernels need more stack than koffi's calls have by default; it is reserved, not taken. */
const STACK_BYTES = 16 * 1024 * 1024;

/** The library that onnxruntime-node ships. @throws Error where that package was not installed */
export function packagedLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return join(root, "bin", "napi-v6", process.platform, process.arch, "libonnxruntime.so.1");
}

/** What was loaded in this thread, by path. */
const loaded = new Map<string, { library: unknown; api: OrtApi }>();
let configured = false;

/**
 * Keeps a library loaded for the life of the process: the thread that loaded it may end while threads of its sessions still
 * run, and koffi unloads what nobody refers to.
 */
function pin(koffi: Koffi, file: string): void {
  const [RTLD_NOW, RTLD_NODELETE] = [0x2, 0x1000];
  koffi.load(null).func("dlopen", "void *", ["str", "int"])(file, RTLD_NOW | RTLD_NODELETE);
}

async function load(file: string): Promise<OrtApi> {
  const known = loaded.get(file);
  if (known) return known.api;
  // Elsewhere nobody has tried it, and a wrong call is a crash.
  if (process.platform !== "linux") throw new Error(`the C API is used on Linux alone, not on ${process.platform}`);
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
 * The functions of the library.
 * @param path its file; default: that of onnxruntime-node
 * @throws Error when koffi or the library cannot be loaded, or its version or table is another one; ConfigError where the
 *   path was given
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
