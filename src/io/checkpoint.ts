/**
 * Checkpoints of unfinished work: tensors and plain values of one step, in one safetensors file
 * that is replaced atomically. A SHA-256 of both detects damaged checkpoints.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { FormatError } from "../errors.js";
import type { FloatTensor } from "../runtime/tensor.js";
import { messageOf } from "./atomic.js";
import { openSafetensors, type SafetensorsFile, writeSafetensors } from "./safetensors.js";

/** An open checkpoint that passed its check; close it after use. */
export interface Checkpoint {
  /** As parsed from JSON. */
  readonly values: unknown;
  /** Names of its tensors. */
  readonly names: readonly string[];
  /** @throws FormatError when there is no such tensor */
  read(name: string): Promise<FloatTensor>;
  close(): Promise<void>;
}

/**
 * Replaces the checkpoint at `path`.
 * @param values plain values, for JSON
 */
export async function writeCheckpoint(
  path: string,
  tensors: Readonly<Record<string, FloatTensor>>,
  values: unknown,
): Promise<void> {
  const text = JSON.stringify(values);
  const sha256 = await hashOf(text, Object.keys(tensors), async (name) => tensors[name]);
  await writeSafetensors(path, tensors, { values: text, sha256 });
}

/**
 * Opens a checkpoint and verifies its hash; one tensor is in memory at a time.
 * @throws FormatError when it is missing, not a checkpoint, or does not match its hash
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const file = await openSafetensors(path);
  try {
    return await checked(path, file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function checked(path: string, file: SafetensorsFile): Promise<Checkpoint> {
  const { values: text, sha256 } = file.metadata;
  if (text === undefined) throw new FormatError(path, "its metadata has no values: it is not a checkpoint");
  const values = parsed(path, text);
  const names = [...file.tensors.keys()];
  const found = await hashOf(text, names, (name) => file.read(name));
  if (found !== sha256)
    throw new FormatError(path, `its content has the SHA-256 ${found}, expected ${sha256 ?? "one in its metadata"}`);
  return { values, names, read: (name) => file.read(name), close: () => file.close() };
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(path, `the values in its metadata are not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** SHA-256 of the values, and of every tensor with its name and sizes. */
async function hashOf(
  values: string,
  names: readonly string[],
  read: (name: string) => Promise<FloatTensor>,
): Promise<string> {
  const hash = createHash("sha256").update(values);
  for (const name of [...names].sort()) {
    const { dims, data } = await read(name);
    hash.update(JSON.stringify([name, dims]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

/**
 * The checkpoint at `path`, if there is a usable one. An unusable one is ignored with a warning.
 * @param work what starts over in that case, e.g. "training begins with the first step"
 */
export async function findCheckpoint(
  path: string,
  work: string,
  log: (line: string) => void,
): Promise<Checkpoint | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return await openCheckpoint(path);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    log(unusable(error, work));
    return undefined;
  }
}

/** The warning about a checkpoint that cannot be used. */
export function unusable(error: FormatError, work: string): string {
  return `the checkpoint cannot be used and ${work}: ${messageOf(error)}`;
}
