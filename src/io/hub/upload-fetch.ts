/**
 * The requests of an upload: time limits, retries, progress, and the errors for each kind of failure.
 * A request is broken off where nothing of it is sent and nothing comes for the settings' `stallMs`.
 */
import { FormatError, RunError } from "../../errors.js";
import { wholeText } from "../outgoing.js";
import type { HubRepository } from "./id.js";
import { broken, MOST_ANSWER_BYTES, retrying, TransientFailure, watchdog } from "./request.js";
import type { HubSettings } from "./settings.js";

export interface RequestOptions {
  readonly settings: HubSettings;
  readonly signal?: AbortSignal;
  /** Called when the request is sent that makes the commit: stopped later, it may be made. */
  onCommit?(): void;
  /** Called before a request is made again, with the reason in one line. */
  onRetry?(reason: string): void;
}

/** The repository of an upload, and whether it is created where it does not exist. */
interface Target {
  readonly repository: Omit<HubRepository, "revision">;
  readonly isCreated: boolean;
}

/** The commit is waited for as long as five attempts of another request, since it is made once. */
const COMMIT_STALLS = 5;

const BEGIN_AGAIN =
  "Nothing was committed. The same command begins again; what is in the Hub's storage is not sent twice.";

/** What a refused request means. */
function refusal({ status }: Response, { repository, isCreated }: Target, { endpoint }: HubSettings): Error {
  const kind = repository.type === "model" ? "model" : "data set";
  if (status === 404)
    return new FormatError(
      repository.id,
      `there is no ${kind} of this name on ${endpoint} that this token may see (404)`,
      {
        help: isCreated ? "Is the owner misspelt?" : "With --create it is made.",
      },
    );
  if (status === 401 || status === 403)
    return new FormatError(repository.id, `${endpoint} does not let this token write here (${status})`, {
      help: "HF_TOKEN must be a token with write access of an account that may write to this repository.",
    });
  return new RunError(`${repository.id}: ${endpoint} answered ${status} to a part of the upload`, {
    help: status >= 500 ? `Whether a commit was made can be seen at ${endpoint}.` : BEGIN_AGAIN,
  });
}

/** Whether a request makes the commit, which must not be made twice. */
const makesCommit = (url: string): boolean => /\/commit\/[^/]+$/.test(url);

/** A body that says how much of it was read. */
class WatchedBlob extends Blob {
  override readonly size: number;

  constructor(
    private readonly inner: Blob,
    private readonly onBytes: (done: number) => void,
  ) {
    super([]);
    this.size = inner.size;
  }

  override stream(): ReturnType<Blob["stream"]> {
    let done = 0;
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform: (block, controller) => {
        done += block.length;
        this.onBytes(done);
        controller.enqueue(block);
      },
    });
    return this.inner.stream().pipeThrough(count) as ReturnType<Blob["stream"]>;
  }
}

/** What the Hub library adds to the request of a file, or of a part of one. */
interface ProgressHint {
  readonly path: string;
  readonly part?: number;
  readonly numParts?: number;
  /** Takes the share of the whole file. */
  progressCallback(share: number): void;
}

type UploadRequest = RequestInit & { readonly progressHint?: ProgressHint };

/**
 * `fetch` for the Hub library: breaks off what stalls, retries, and throws this project's errors. A
 * request that may have made the commit is repeated only where the server says that it refused it.
 */
export function uploadFetch(target: Target, { settings, signal, onCommit, onRetry }: RequestOptions): typeof fetch {
  const { id } = target.repository;
  const repository = { ...target.repository, revision: "main" };
  const connection = { repository, settings, signal, onRetry, help: BEGIN_AGAIN };
  /** The share that was sent of each part of a file. */
  const shares = new Map<string, number[]>();
  const tell = ({ path, part = 0, numParts = 1, progressCallback }: ProgressHint, share: number): void => {
    const parts = shares.get(path) ?? [];
    shares.set(path, parts);
    parts[part] = share;
    progressCallback(parts.reduce((sum, one) => sum + one, 0) / numParts);
  };
  return (input, init: UploadRequest = {}) => {
    const url = String(input);
    const isCommit = makesCommit(url);
    const stallMs = settings.stallMs * (isCommit ? COMMIT_STALLS : 1);
    const { host } = new URL(url);
    return retrying(id, connection, async () => {
      const watch = watchdog({ ...connection, settings: { ...settings, stallMs } });
      const body = watched(init.body, (done, size) => {
        watch.reset();
        if (init.progressHint) tell(init.progressHint, done / size);
      });
      let response: Response;
      if (isCommit) onCommit?.();
      try {
        const signals = [watch.signal, ...(init.signal ? [init.signal] : [])];
        const answer = await settings.fetch(input, { ...init, body, signal: AbortSignal.any(signals) });
        watch.reset();
        const { status, headers } = answer;
        response = new Response(await wholeText(answer, MOST_ANSWER_BYTES), { status, headers });
      } catch (error) {
        signal?.throwIfAborted();
        const failed = new TransientFailure(`${host}: ${broken(error).message}`);
        if (!isCommit) throw failed;
        throw new RunError(`${id}: ${failed.message} while the commit was made`, {
          help: `Whether it was made can be seen at ${settings.endpoint}.`,
          cause: error,
        });
      } finally {
        watch.end();
      }
      // A repository that exists already.
      if (response.ok || (response.status === 409 && url.endsWith("/api/repos/create"))) return response;
      const { status } = response;
      const isTransient = status === 429 || status === 503 || (!isCommit && (status === 408 || status >= 500));
      if (isTransient) throw new TransientFailure(`${host} answered ${status}`);
      throw refusal(response, target, settings);
    });
  };
}

/** The same body, which says how many of its bytes were read. */
function watched(body: RequestInit["body"], onBytes: (done: number, size: number) => void): RequestInit["body"] {
  const blob = typeof body === "string" ? new Blob([body]) : body;
  return blob instanceof Blob ? new WatchedBlob(blob, (done) => onBytes(done, blob.size)) : body;
}
