/**
 * Files that are whole or absent: written under a temporary name beside the final one, brought to the disk, then renamed.
 * Without the second step a machine that loses power could keep the new name and not what stands under it.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FormatError } from "../errors.js";

/**
 * Gives `write` an open file and moves what it wrote to `path` when it is done; when it throws, nothing stays behind
 * and an older file at `path` is untouched. Missing folders are created.
 */
export async function writeAtomically(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const file = await open(temporary, "wx");
  try {
    await write(file);
    await file.sync();
    await file.close();
    await renameSynced(temporary, path);
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Renames within a file system, and brings the folder that holds the new name to the disk. */
export async function renameSynced(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncPath(dirname(to));
}

/** Brings a file, or a folder and all that it holds, to the disk. */
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

/** Writes `value` as JSON with two spaces and a newline at the end, atomically. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads one JSON file. The caller checks the value's form.
 * @throws FormatError when the file is missing, unreadable or not JSON; the reason is its cause
 */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new FormatError(path, `expected JSON: ${messageOf(cause)}`, { cause });
  }
}

/** The FormatError for a file that could not be opened or read. */
export function unreadable(path: string, cause: unknown): FormatError {
  const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  return new FormatError(path, missing ? "no such file" : `cannot be read: ${messageOf(cause)}`, { cause });
}

/** The first line of what an unknown thrown value says. */
export function messageOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n", 1)[0];
}
