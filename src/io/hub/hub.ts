/**
 * Models and data sets of the Hub: resolves revisions to commits, chooses the needed files, and
 * downloads them to the cache.
 */
import { FormatError, RunError } from "../../errors.js";
import { messageOf } from "../atomic.js";
import { blobPath, linkBlob, listSnapshot, readRef, refPath, snapshotFolder, writeRef } from "./cache.js";
import { downloadBlob, type HubFile } from "./download.js";
import { formatHubId, type HubRepository, isCommit } from "./id.js";
import { apiFetch, type HubConnection } from "./request.js";
import { type HubSettings, hubSettings } from "./settings.js";

/** Progress of a download, over all its files. */
export interface HubProgress {
  /** The repository as the user wrote it. */
  readonly name: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Options of all functions that accept an id of the Hub. */
export interface HubOptions {
  /**
   * Make no request; a file that is not in the cache is an error. Default: HF_HUB_OFFLINE, else
   * false.
   */
  readonly offline?: boolean;
  /** Called as files arrive, with the bytes done so far and the total. */
  onProgress?(progress: HubProgress): void;
  readonly signal?: AbortSignal;
  /** Default: those of the environment, `hubSettings()`. */
  readonly settings?: HubSettings;
}

/** The needed files of a repository, and the needed ones that it lacks. */
export interface FileChoice {
  readonly files: readonly string[];
  readonly missing: readonly string[];
  /** Whether further files of the repository could not change the choice. Default true. */
  readonly isCertain?: boolean;
  /** Advice about the missing files. */
  readonly help?: string;
}

/** A commit of a repository, and the needed files that the cache lacks. */
export interface Snapshot {
  readonly repository: HubRepository;
  readonly commit: string;
  /** The folder of the files, complete after `fetchSnapshot`. */
  readonly folder: string;
  readonly lacking: readonly HubFile[];
}

function connect(repository: HubRepository, { offline, signal, settings = hubSettings() }: HubOptions): HubConnection {
  return { repository, signal, settings: { ...settings, offline: offline || settings.offline } };
}

/** The current commit of a branch or tag, from the Hub. */
async function askCommit(connection: HubConnection): Promise<string> {
  const { repository } = connection;
  const { datasetInfo, modelInfo } = await import("@huggingface/hub");
  const asking = {
    name: repository.id,
    revision: repository.revision,
    additionalFields: ["sha" as const],
    hubUrl: connection.settings.endpoint,
    fetch: apiFetch(connection),
  };
  const { sha } = await (repository.type === "model" ? modelInfo(asking) : datasetInfo(asking));
  if (typeof sha !== "string" || !isCommit(sha)) throw new Error(`expected a commit, received ${JSON.stringify(sha)}`);
  return sha;
}

/** All files of a commit, from the Hub. */
async function askFiles(connection: HubConnection, commit: string): Promise<HubFile[]> {
  const { repository } = connection;
  const { listFiles } = await import("@huggingface/hub");
  const files: HubFile[] = [];
  for await (const { type, path, size, oid, lfs } of listFiles({
    repo: { type: repository.type, name: repository.id },
    revision: commit,
    recursive: true,
    hubUrl: connection.settings.endpoint,
    fetch: apiFetch(connection),
  })) {
    if (type !== "file") continue;
    const hash = lfs?.oid ?? oid ?? "";
    // Both are used as names in the cache.
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash) || path.split(/[\\/]/).includes(".."))
      throw new Error(`expected files with hashes, received ${JSON.stringify({ path, oid, lfs })}`);
    files.push({ path, size: lfs?.size ?? size, hash });
  }
  return files;
}

/** Turns a response that is not the Hub's into an error about the endpoint. */
async function asked<T>({ settings, signal }: HubConnection, ask: Promise<T>): Promise<T> {
  try {
    return await ask;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof FormatError || error instanceof RunError) throw error;
    throw new RunError(`${settings.endpoint} does not answer as a Hub: ${messageOf(error)}`, {
      help: "HF_ENDPOINT must name a Hub; a page to log in to the network can come in between as well.",
      cause: error,
    });
  }
}

function notCached(repository: HubRepository, what: readonly string[], where: string): FormatError {
  const are = what.length === 1 ? "is" : "are";
  return new FormatError(formatHubId(repository), `${what.join(", ")} ${are} not in the cache: looked for ${where}`, {
    help: "Run once without --offline and HF_HUB_OFFLINE to fetch it, or point HF_HOME or HF_HUB_CACHE at a cache that has it.",
  });
}

/**
 * Resolves a repository to a commit and finds the needed files that the cache lacks. Makes no
 * request when offline, or for a commit whose needed files are all in the cache.
 * @param choose selects the needed files from the repository's paths
 * @throws FormatError when the repository or a needed file does not exist, access is denied, or a
 *   file is not in the cache when offline; RunError when the Hub cannot be reached
 */
export async function openSnapshot(
  repository: HubRepository,
  choose: (paths: readonly string[]) => FileChoice,
  options: HubOptions = {},
): Promise<Snapshot> {
  const connection = connect(repository, options);
  const { cache, offline } = connection.settings;
  options.signal?.throwIfAborted();
  const known = offline || isCommit(repository.revision) ? await readRef(cache, repository) : undefined;
  if (offline && known === undefined)
    throw notCached(repository, [`revision ${repository.revision}`], refPath(cache, repository));
  const commit = known ?? (await asked(connection, askCommit(connection)));
  const folder = snapshotFolder(cache, repository, commit);
  const cached = await listSnapshot(folder);
  if (known !== undefined) {
    const { missing, isCertain = true } = choose(cached);
    if (missing.length === 0 && (isCertain || offline)) return { repository, commit, folder, lacking: [] };
    if (offline) throw notCached(repository, missing, folder);
  }
  const listed = await asked(connection, askFiles(connection, commit));
  const { files, missing, help } = choose(listed.map(({ path }) => path));
  if (missing.length > 0)
    throw new FormatError(formatHubId(repository), `the repository has no ${missing.join(", ")}`, { help });
  return {
    repository,
    commit,
    folder,
    lacking: listed.filter(({ path }) => files.includes(path) && !cached.includes(path)),
  };
}

/**
 * Downloads the missing files of a snapshot one after the other, and saves the commit of its
 * revision.
 * @returns the snapshot's folder
 * @throws RunError when a download fails; FormatError when the Hub refuses it; the signal's reason
 *   when aborted
 */
export async function fetchSnapshot(snapshot: Snapshot, options: HubOptions = {}): Promise<string> {
  const { repository, commit, folder, lacking } = snapshot;
  const connection = connect(repository, options);
  const { cache, endpoint, offline } = connection.settings;
  const name = formatHubId(repository);
  const totalBytes = lacking.reduce((sum, { size }) => sum + size, 0);
  const site = `${endpoint}/${repository.type === "model" ? "" : "datasets/"}${repository.id}/resolve/${commit}`;
  let before = 0;
  for (const file of lacking) {
    if (offline) throw notCached(repository, [file.path], folder);
    options.signal?.throwIfAborted();
    const blob = blobPath(cache, repository, file.hash);
    const url = `${site}/${file.path.split("/").map(encodeURIComponent).join("/")}`;
    await downloadBlob(file, url, blob, connection, (done) =>
      options.onProgress?.({ name, doneBytes: before + done, totalBytes }),
    );
    await linkBlob(blob, `${folder}/${file.path}`);
    before += file.size;
  }
  // Saved last, so that offline the revision resolves to a complete commit.
  if (!offline) await writeRef(cache, repository, commit);
  return folder;
}
