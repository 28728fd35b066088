/**
 * Downloads one file of the Hub into the cache: resumes partial downloads, checks the hash, then
 * moves the file into place.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RunError } from "../../errors.js";
import { renameSynced } from "../atomic.js";
import { sha256File } from "../hash.js";
import { isAlive } from "../process-alive.js";
import { formatHubId } from "./id.js";
import { broken, type HubConnection, request, retrying, TransientFailure, watchdog } from "./request.js";

/** A file of a repository at one commit. */
export interface HubFile {
  /** Path in the repository, with `/`. */
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
  /**
   * SHA-256 for a file in large file storage, else git's SHA-1; in hex. Names the blob, like the
   * ETag of the file.
   */
  readonly hash: string;
}

/** Not a valid process number: a partial file with it is not in use. */
const NOBODY = 0;

/**
 * A partial file has the number of the process that writes it, so that no two processes write the
 * same one.
 */
function partialPath(blob: string, pid: number): string {
  return `${blob}.${pid}.${randomUUID().slice(0, 8)}.incomplete`;
}

/**
 * A partial file for this process: one that an ended process left of the same content, or an empty
 * one.
 */
async function claimPartial(blob: string): Promise<string> {
  const own = partialPath(blob, process.pid);
  const owner = (name: string) => /^\.(\d+)\.[0-9a-f]{8}\.incomplete$/.exec(name.slice(basename(blob).length))?.[1];
  for (const name of await readdir(dirname(blob))) {
    const pid = name.startsWith(basename(blob)) ? owner(name) : undefined;
    if (pid === undefined || (Number(pid) !== NOBODY && isAlive(Number(pid)))) continue;
    try {
      await rename(join(dirname(blob), name), own);
      return own;
    } catch {
      // Another process claimed it first.
    }
  }
  await (await open(own, "wx")).close();
  return own;
}

/** Hash of a whole file, of the same kind as the expected hash. */
async function contentHash(path: string, { hash, size }: HubFile): Promise<string> {
  if (hash.length === 64) return sha256File(path);
  const sha = createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) sha.update(chunk);
  return sha.digest("hex");
}

/**
 * Appends a response body after the first `done` bytes.
 * @returns the number of bytes then in the file
 */
async function append(
  body: ReadableStream<Uint8Array>,
  output: FileHandle,
  done: number,
  size: number,
  onChunk: (done: number) => void,
): Promise<number> {
  const reader = body.getReader();
  let position = done;
  try {
    for (;;) {
      const { done: ended, value } = await reader.read().catch((error) => {
        throw broken(error);
      });
      if (ended || position > size) return position;
      await output.write(value, 0, value.length, position);
      position += value.length;
      onChunk(position);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * Downloads a file to the blob with its hash, unless the blob exists. After a failure the partial
 * file is kept, and the next attempt or process resumes it.
 * @param onBytes called with the number of bytes downloaded so far
 * @throws RunError when all attempts fail or the content is twice not the expected one; FormatError
 *   when the Hub refuses it
 */
export async function downloadBlob(
  file: HubFile,
  url: string,
  blob: string,
  connection: HubConnection,
  onBytes: (done: number) => void,
): Promise<void> {
  if (await stat(blob).catch(() => undefined)) return;
  await mkdir(dirname(blob), { recursive: true });
  const partial = await claimPartial(blob);
  const output = await open(partial, "r+");
  const what = `${file.path} of ${formatHubId(connection.repository)}`;
  let done = (await output.stat()).size;

  const startOver = async () => {
    await output.truncate(0);
    done = 0;
  };
  const attempt = async () => {
    if (done > file.size) await startOver();
    onBytes(done);
    if (done === file.size) return;
    const watch = watchdog(connection);
    try {
      // A compressed response could not be resumed in the middle. With a range, fetch itself
      // requests no compression.
      const headers: Record<string, string> =
        done > 0 ? { range: `bytes=${done}-` } : { "accept-encoding": "identity" };
      const response = await request(url, connection, { headers, signal: watch.signal });
      const begins =
        response.status === 206 ? /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] : 0;
      if (Number(begins) !== done) await startOver();
      if (Number(begins) !== done) throw new TransientFailure("received another range than the requested one");
      if (response.body)
        await append(response.body, output, done, file.size, (now) => {
          done = now;
          watch.reset();
          onBytes(done);
        });
    } finally {
      watch.end();
    }
    if (done < file.size) throw new TransientFailure(`the connection ended after ${done} of ${file.size} bytes`);
  };

  try {
    for (let trial = 1; ; trial++) {
      await retrying(what, connection, attempt, () => done);
      const received = done === file.size ? await contentHash(partial, file) : `${done} bytes`;
      if (received === file.hash) break;
      await startOver();
      if (trial === 2) {
        throw new RunError(`${what}: expected ${file.size} bytes with hash ${file.hash}, received ${received}, twice`, {
          help: "Something on the way changes the file: a proxy, or the mirror that HF_ENDPOINT names.",
        });
      }
    }
    await output.sync();
    await output.close();
    await renameSynced(partial, blob);
  } catch (error) {
    await output.close();
    if (done > 0) await rename(partial, partialPath(blob, NOBODY));
    else await rm(partial, { force: true });
    throw error;
  }
}
