/**
 * A loaded graph in the engine's worker, and the parameters that its session holds as constants.
 */
import { RunError } from "../errors.js";
import type { Backend, Session } from "./backend.js";
import { boundName } from "./names.js";
import type { ParameterMemory } from "./parameter-memory.js";
import type { Tensor } from "./tensor.js";

interface Source {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly threads?: number;
  /** Parameters that are constants of the graph. */
  readonly held?: { readonly memory: ParameterMemory; readonly names: readonly string[] };
}

export interface Program {
  readonly name: string;
  /** The last session; see `sessionOf`. */
  session: Session;
  /** Makes a new session where the parameters that this one holds have changed. */
  readonly renew?: () => Promise<void>;
}

/** @throws RunError when ONNX Runtime does not accept the graph */
export async function loadProgram(backend: Backend, source: Source): Promise<Program> {
  const { name, held } = source;
  const program: Program = { name, session: await createSession(backend, source) };
  if (!held) return program;
  let version = held.memory.version;
  const renew = async (): Promise<void> => {
    if (held.memory.version === version) return;
    await program.session.release();
    program.session = await createSession(backend, source);
    version = held.memory.version;
  };
  return Object.assign(program, { renew });
}

async function createSession(backend: Backend, { name, bytes, threads, held }: Source): Promise<Session> {
  const constants: Record<string, Tensor> = {};
  for (const parameter of held?.names ?? [])
    constants[boundName("parameters", parameter)] = {
      dims: held!.memory.dims(parameter),
      data: held!.memory.view("parameters", parameter)!,
    };
  try {
    return await backend.createSession(bytes, threads, constants);
  } catch (cause) {
    throw new RunError(`${name}: ONNX Runtime does not accept the graph: ${(cause as Error).message}`, { cause });
  }
}

/** The session of a program for its parameters as they are now. */
export async function sessionOf(program: Program): Promise<Session> {
  await program.renew?.();
  return program.session;
}
