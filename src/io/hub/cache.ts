/**
 * The Hub's cache on disk, in the layout that Python's huggingface_hub reads and writes: refs,
 * blobs and snapshots.
 */
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { renameSynced, syncAll, writeFileAtomic } from "../atomic.js";
import { type HubRepository, isCommit } from "./id.js";

/** `models--owner--name` or `datasets--owner--name` in the cache. */
export function repositoryFolder(cache: string, { type, id }: HubRepository): string {
  return join(cache, `${type}s--${id.replaceAll("/", "--")}`);
}

/** The folder of a commit, which has its files under their own names. */
export function snapshotFolder(cache: string, repository: HubRepository, commit: string): string {
  return join(repositoryFolder(cache, repository), "snapshots", commit);
}

/** The file with the content of this hash, shared by all commits. */
export function blobPath(cache: string, repository: HubRepository, hash: string): string {
  return join(repositoryFolder(cache, repository), "blobs", hash);
}

/** The file with the commit of a branch or tag at the time of the last request. */
export function refPath(cache: string, repository: HubRepository): string {
  return join(repositoryFolder(cache, repository), "refs", ...repository.revision.split("/"));
}

/** The cached commit of a revision, or undefined. */
export async function readRef(cache: string, repository: HubRepository): Promise<string | undefined> {
  if (isCommit(repository.revision)) return repository.revision;
  const text = await readFile(refPath(cache, repository), "utf8").catch(() => "");
  return isCommit(text.trim()) ? text.trim() : undefined;
}

/** Saves the commit of a branch or tag. */
export async function writeRef(cache: string, repository: HubRepository, commit: string): Promise<void> {
  if (isCommit(repository.revision)) return;
  await writeFileAtomic(refPath(cache, repository), commit);
}

/** Paths of the existing files of a snapshot, with `/`; broken links are left out. */
export async function listSnapshot(folder: string): Promise<string[]> {
  const paths = await readdir(folder, { recursive: true }).catch(() => []);
  const kinds = await Promise.all(paths.map((path) => stat(join(folder, path)).catch(() => undefined)));
  return paths.filter((_, i) => kinds[i]?.isFile()).map((path) => path.split(sep).join("/"));
}

/**
 * Makes `blob` the content of a snapshot's file: by a link, or by a copy if the file system has no
 * links.
 */
export async function linkBlob(blob: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const beside = `${file}.${randomUUID()}`;
  try {
    await symlink(relative(dirname(file), blob), beside);
  } catch {
    await copyFile(blob, beside);
    await syncAll(beside);
  }
  await renameSynced(beside, file);
}
