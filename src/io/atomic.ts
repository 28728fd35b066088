/**
 * Atomic writes: a file is written under a temporary name in the same folder, synced to disk, then
 * renamed. Without the sync, a power failure could leave the new name with missing content.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FormatError } from "../errors.js";
import { lfsPointerError } from "./lfs-pointer.js";
import { parseJson } from "./parse-json.js";

const temporaryName = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Whether a name is that of an unfinished file of `writeAtomically`. */
export function isTemporary(name: string): boolean {
  return temporaryName.test(name);
}

/**
 * Removes the temporary files that killed processes left in a folder, with `recursive` also in the
 * folders below it. No other process may write there. Links are not followed.
 */
export async function removeTemporaries(folder: string, { recursive }: { recursive: boolean }): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && recursive) await removeTemporaries(path, { recursive });
    if (entry.isFile() && isTemporary(entry.name)) await rm(path, { force: true });
  }
}

/**
 * Calls `write` with an open temporary file, then moves it to `path`. If `write` throws, the
 * temporary file is removed and an existing file at `path` is unchanged. Missing folders are
 * created.
 */
export async function writeAtomically(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const file = await open(temporary, "wx");
  try {
    await write(file);
    // Otherwise a power failure may leave the new name with an empty file.
    await file.sync();
    await file.close();
    await renameSynced(temporary, path);
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Renames within a file system, and syncs the folder of the new name to disk. */
export async function renameSynced(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncPath(dirname(to));
}

/** Syncs a file, or a folder and everything in it, to disk. */
export async function syncAll(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOTDIR") return [];
    throw error;
  });
  for (const entry of entries) if (!entry.isSymbolicLink()) await syncAll(join(path, entry.name));
  await syncPath(path);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some platforms and file systems cannot sync a folder.
    if (!["EPERM", "EINVAL", "EISDIR", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

/** Writes a whole file, atomically. Missing folders are created. */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await writeAtomically(path, (file) => file.writeFile(data));
}

/** Writes `value` as `jsonText`, atomically. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, jsonText(value));
}

/** JSON with two spaces and a newline at the end. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * Checks that a path is a regular file: a folder cannot be read, and opening a named pipe blocks
 * until a process writes to it.
 * @throws FormatError when it is missing or not a regular file
 */
export async function checkIsFile(path: string): Promise<void> {
  const found = await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  if (found.isFile()) return;
  const received = found.isDirectory() ? "a folder" : "neither file nor folder";
  throw new FormatError(path, `expected a file, received ${received}`);
}

/**
 * The content of a UTF-8 file.
 * @throws FormatError when the file is missing, not a regular file, unreadable, not UTF-8 or a Git
 *   LFS pointer; the reason is its cause
 */
export async function readText(path: string): Promise<string> {
  await checkIsFile(path);
  const bytes = await readFile(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(path, "expected text in UTF-8, received other bytes", { cause });
  }
  const pointer = lfsPointerError(path, text);
  if (pointer) throw pointer;
  return text;
}

/**
 * Reads one JSON file. The caller checks the value's form.
 * @param help what to do where it is not JSON
 * @throws FormatError when the file is missing, unreadable, not JSON or a Git LFS pointer; the
 *   reason is its cause
 */
export async function readJson(path: string, help?: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return parseJson(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new FormatError(path, `expected JSON: ${messageOf(cause)}`, { cause, help });
  }
}

/** The FormatError for a file that could not be opened or read. */
export function unreadable(path: string, cause: unknown): FormatError {
  const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  return new FormatError(path, missing ? "no such file" : `cannot be read: ${messageOf(cause)}`, { cause });
}

/** Some messages quote the input, which may be long or contain control characters. */
const LONGEST_MESSAGE = 300;

/**
 * The first line of the message of any thrown value, without control characters, cut after 300
 * characters.
 */
export function messageOf(cause: unknown): string {
  const [line] = (cause instanceof Error ? cause.message : String(cause)).split("\n", 1);
  const text = line.slice(0, LONGEST_MESSAGE).replace(/\p{Cc}/gu, "\ufffd");
  return line.length > LONGEST_MESSAGE ? `${text}...` : text;
}
