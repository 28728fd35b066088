/**
 * Uploads of a folder to the Hub, as one commit: the Hub says which files are large, these go to its
 * storage first, and only then one request makes the commit with all files.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError, RewardscopeError, RunError } from "../../errors.js";
import { messageOf } from "../atomic.js";
import type { HubRepository } from "./id.js";
import type { HubSettings } from "./settings.js";
import { type RequestOptions, uploadFetch } from "./upload-fetch.js";

/** What is uploaded, and where. */
export interface HubUpload {
  readonly repository: Omit<HubRepository, "revision">;
  /** All of its files are uploaded, by their paths in it. */
  readonly folder: string;
  /** Title of the commit. */
  readonly title: string;
  /** Creates the repository if it does not exist; otherwise that is an error. */
  readonly create?: { readonly isPrivate: boolean };
}

export interface UploadOptions extends RequestOptions {
  /** Bytes of files in the Hub's storage, and of all files. */
  onProgress?(progress: { readonly doneBytes: number; readonly totalBytes: number }): void;
}

/**
 * A repository to upload to.
 * @throws ConfigError without a token that may write, or offline: before anything is made
 */
export function checkCanUpload({ token, offline }: HubSettings, command: string): void {
  const issues = [
    ...(offline
      ? [{ path: "HF_HUB_OFFLINE", expected: "not set, since an upload makes requests", received: "1" }]
      : []),
    ...(token?.startsWith("hf_")
      ? []
      : [
          {
            path: "HF_TOKEN",
            expected: "a token with write access to the repository, which begins with hf_",
            received: token === undefined ? "nothing" : "another text",
          },
        ]),
  ];
  if (issues.length > 0) throw new ConfigError(command, issues);
}

/** The files of a folder with their sizes, in the order of their names. */
async function filesIn(folder: string): Promise<{ path: string; bytes: number }[]> {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.split("\\").join("/")).sort();
  const stats = await Promise.all(names.map(async (path) => ({ path, found: await stat(join(folder, path)) })));
  return stats.flatMap(({ path, found }) => (found.isFile() ? [{ path, bytes: found.size }] : []));
}

/** The Hub library did not understand an answer, such as the page of a proxy that asks for a password. */
function unknownAnswer({ repository }: HubUpload, { endpoint }: HubSettings, cause: unknown): RunError {
  return new RunError(`${repository.id}: ${endpoint} gave an answer that is none of the Hub's (${messageOf(cause)})`, {
    help: `Look at HF_ENDPOINT and at the proxy. Whether a commit was made can be seen at ${endpoint}.`,
    cause,
  });
}

/**
 * Uploads the files of a folder as one commit on `main`. Nothing is seen in the repository before
 * all files have arrived; other files of the repository stay.
 * @returns the address of the commit
 * @throws FormatError when the repository does not exist or may not be written to; RunError when the
 *   Hub cannot be reached; the signal's reason when aborted
 */
export async function uploadFolder(upload: HubUpload, options: UploadOptions): Promise<string> {
  const { settings, signal, onProgress } = options;
  const { repository, folder, title, create } = upload;
  const files = await filesIn(folder);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const bytesOf = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const done = new Map<string, number>();
  const progress = () =>
    onProgress?.({ doneBytes: [...done.values()].reduce((sum, part) => sum + part, 0), totalBytes });
  progress();
  const { commitIter, createRepo } = await import("@huggingface/hub");
  const repo = { type: repository.type, name: repository.id };
  const common = {
    repo,
    hubUrl: settings.endpoint,
    accessToken: settings.token!,
    fetch: uploadFetch({ repository, isCreated: create !== undefined }, options),
  };
  if (create)
    await createIfMissing(() => createRepo({ ...common, visibility: create.isPrivate ? "private" : "public" })).catch(
      (error: unknown) => {
        throw error instanceof RewardscopeError ? error : unknownAnswer(upload, settings, error);
      },
    );
  signal?.throwIfAborted();
  const events = commitIter({
    ...common,
    title,
    operations: files.map(({ path }) => ({
      operation: "addOrUpdate",
      path,
      content: pathToFileURL(join(folder, path)),
    })),
    abortSignal: signal,
    // Every Hub takes large files by Git LFS.
    useXet: false,
  });
  for (;;) {
    const { value, done: isDone } = await events.next().catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error instanceof RewardscopeError ? error : unknownAnswer(upload, settings, error);
    });
    if (isDone) {
      onProgress?.({ doneBytes: totalBytes, totalBytes });
      return value!.commit.url;
    }
    if (value.event !== "fileProgress" || value.state !== "uploading") continue;
    done.set(value.path, value.progress * (bytesOf.get(value.path) ?? 0));
    progress();
  }
}

/** Creates a repository; one that exists already is left as it is. */
async function createIfMissing(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 409) throw error;
  }
}
