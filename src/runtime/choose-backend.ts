/** Chooses the backend. */
import { ConfigError, RunError } from "../errors.js";
import { type Backend, type BackendName, backendNames } from "./backend.js";
import { LIBRARY_VARIABLE, loadLibrary } from "./backends/c-api/library.js";
import { cApiBackend } from "./backends/c-api/session.js";
import { type CommonRuntime, commonBackend } from "./backends/common-session.js";
import { Turns } from "./turns.js";

/** The environment variable that names a backend. */
const BACKEND_VARIABLE = "REWARDSCOPE_BACKEND";

/**
 * The WebAssembly build. The package has the three files of onnxruntime-web that run in Node beside its own, a tenth of that package's
 * size; the sources use the package itself.
 */
const webBuild = import.meta.url.endsWith(".ts")
  ? "onnxruntime-web"
  : new URL("../onnxruntime-web/ort.node.min.mjs", import.meta.url).href;

const loaders: Readonly<Record<BackendName, (library: string | undefined, turns: Turns) => Promise<Backend>>> = {
  "c-api": async (library, turns) => cApiBackend(await loadLibrary(library), turns),
  node: async () => commonBackend("node", await import("onnxruntime-node"), { fillsOutputs: true }),
  web: async () => {
    const runtime = (await import(webBuild)) as CommonRuntime & {
      env: { wasm: { numThreads: number } };
    };
    runtime.env.wasm.numThreads = 1;
    return commonBackend("web", runtime, { fillsOutputs: false });
  },
};

export interface ChosenBackend {
  readonly backend: Backend;
  /** The reason why a preferred backend is not used, unless this one was requested. */
  readonly fallbackReason?: string;
}

const firstLine = (error: unknown): string => (error as Error).message.split("\n")[0];

/** Whether the environment names a backend or a library. */
export function asksForBackend(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env[BACKEND_VARIABLE] || env[LIBRARY_VARIABLE]);
}

/** The library that the environment names, unless the program asks for a backend. */
export function requestedLibrary(asked?: BackendName, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return asked ? undefined : env[LIBRARY_VARIABLE] || undefined;
}

/** The backend and library that the environment names. @throws ConfigError with all problems */
function readEnvironment(env: NodeJS.ProcessEnv): { wanted?: BackendName; library?: string } {
  const library = env[LIBRARY_VARIABLE] || undefined;
  const name = env[BACKEND_VARIABLE] || undefined;
  const wanted = backendNames.find((known) => known === name);
  if (name && !wanted)
    throw new ConfigError("rewardscope", [
      { path: BACKEND_VARIABLE, expected: backendNames.join(", "), received: name },
    ]);
  if (library && wanted && wanted !== "c-api")
    throw new ConfigError("rewardscope", [
      { path: BACKEND_VARIABLE, expected: `c-api, since ${LIBRARY_VARIABLE} names a library`, received: wanted },
    ]);
  return { wanted: wanted ?? (library ? "c-api" : undefined), library };
}

/**
 * Loads ONNX Runtime: the requested backend, or else the first of `backendNames` that can be
 * loaded.
 * @param asked a backend that takes precedence over the environment's
 * @param env   REWARDSCOPE_BACKEND names a backend, REWARDSCOPE_ONNXRUNTIME the file of another
 *   build of the native library
 * @param turns of all threads that may have sessions
 * @throws ConfigError when a variable is invalid; RunError when a requested backend cannot be
 *   loaded, or none can
 */
export async function chooseBackend(
  asked?: BackendName,
  env: NodeJS.ProcessEnv = process.env,
  turns = new Turns(),
): Promise<ChosenBackend> {
  const { wanted: only, library } = asked ? { wanted: asked, library: undefined } : readEnvironment(env);
  let fallbackReason: string | undefined;
  let cause: unknown;
  for (const name of only ? [only] : backendNames) {
    try {
      return { backend: await loaders[name](library, turns), fallbackReason };
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      fallbackReason = firstLine(error);
      cause = error;
    }
  }
  throw new RunError(`ONNX Runtime could not be loaded (${only ?? backendNames.join(", ")}): ${fallbackReason}`, {
    help: "Run `npm install onnxruntime-node` for your platform, or reinstall the package.",
    cause,
  });
}
