/** Requests to the Hub: authentication, retries, and the errors for each kind of failure. */
import { FormatError, RunError } from "../../errors.js";
import { messageOf } from "../atomic.js";
import { TooLong, wholeText } from "../outgoing.js";
import { formatHubId, type HubRepository } from "./id.js";
import type { HubSettings } from "./settings.js";

/** Maximal number of consecutive failures. */
const ATTEMPTS = 5;
/** Milliseconds of the first wait; each further one is twice as long. */
const FIRST_WAIT_MS = 1000;
/** A request is not retried if the server demands a longer pause. */
const LONGEST_WAIT_MS = 5 * 60_000;

/** A page of a listing has far less. */
export const MOST_ANSWER_BYTES = 256 * 2 ** 20;

/** A failure after which another attempt may succeed. */
export class TransientFailure extends Error {
  constructor(
    message: string,
    /** The pause that the server demands. */
    readonly waitMs?: number,
  ) {
    super(message);
  }
}

/** The common part of all requests for one repository. */
export interface HubConnection {
  readonly repository: HubRepository;
  readonly settings: HubSettings;
  readonly signal?: AbortSignal;
  /** What to do where every attempt failed. Default: that of a download. */
  readonly help?: string;
  /** Called before another attempt, with the reason in one line. */
  readonly onRetry?: (reason: string) => void;
}

/**
 * Calls `attempt` until it succeeds, with growing pauses, at most five times in a row.
 * @param progress a number that grows when a failed attempt made progress; the count of failures
 *   then restarts
 * @throws RunError when all attempts fail; the signal's reason when aborted; any other error of
 *   `attempt` unchanged
 */
export async function retrying<T>(
  what: string,
  {
    settings,
    signal,
    help = "Try again later: what has arrived is kept. With --offline only the cache is read.",
    onRetry,
  }: HubConnection,
  attempt: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let reached = progress();
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientFailure)) throw error;
      if (progress() > reached) failures = 1;
      reached = Math.max(reached, progress());
      const waitMs = error.waitMs ?? FIRST_WAIT_MS * 2 ** (failures - 1);
      if (failures === ATTEMPTS || waitMs > LONGEST_WAIT_MS) {
        const pause = waitMs > LONGEST_WAIT_MS ? `; it asks to wait ${Math.ceil(waitMs / 60_000)} minutes` : "";
        throw new RunError(`${what}: ${error.message} (attempt ${failures} of ${ATTEMPTS})${pause}`, {
          help,
        });
      }
      onRetry?.(`${error.message} (attempt ${failures} of ${ATTEMPTS}); again in ${waitMs / 1000} s`);
      await settings.wait(waitMs, signal);
    }
  }
}

/**
 * The pause of a Retry-After header in milliseconds; the header has a number of seconds or a date.
 */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get("retry-after");
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** The error for a refused request: transient, or one with advice. */
function refusal(response: Response, { repository, settings }: HubConnection): Error {
  const { status } = response;
  if (status === 408 || status === 429 || status >= 500) {
    return new TransientFailure(
      `${new URL(response.url || settings.endpoint).host} answered ${status}`,
      retryAfter(response),
    );
  }
  const name = formatHubId(repository);
  const kind = repository.type === "model" ? "model" : "data set";
  const page = `${settings.endpoint}/${repository.type === "model" ? "" : "datasets/"}${repository.id}`;
  const asked = settings.token === undefined ? "without a token" : "with a token";
  const code = response.headers.get("x-error-code");
  if (status === 404 && code === "RevisionNotFound")
    return new FormatError(name, `the ${kind} has no revision ${repository.revision}`, {
      help: `Its branches and tags are listed at ${page}/tree/main.`,
    });
  if (status === 404 && code === "EntryNotFound") return new FormatError(name, "a file that it lists is not there");
  if (status === 404 || (status === 401 && code === "RepoNotFound"))
    return new FormatError(
      name,
      `there is no folder of this name, and no ${kind} on ${settings.endpoint} that can be seen ${asked} (${status})`,
      { help: "Is it misspelt? If it is private, put a token of an account that may read it into HF_TOKEN." },
    );
  if (status === 401 || status === 403)
    return new FormatError(name, `${settings.endpoint} refuses this ${kind} ${asked} (${status})`, {
      help: `Put a token of an account that may read it into HF_TOKEN; where the authors ask for it, accept their terms first, at ${page}.`,
    });
  return new RunError(`${name}: ${settings.endpoint} answered ${status}, expected 200`, {
    help: "Is HF_ENDPOINT a Hub?",
  });
}

/** Aborts a request that receives no data for some time. */
export interface Watchdog {
  readonly signal: AbortSignal;
  /** Restarts the timer after data was received. */
  reset(): void;
  end(): void;
}

/** Aborts after `stallMs` without `reset`, or with the signal; call `end` after the request. */
export function watchdog({ settings: { stallMs }, signal }: Pick<HubConnection, "settings" | "signal">): Watchdog {
  const controller = new AbortController();
  const bark = () => controller.abort(new Error(`nothing came for ${stallMs / 1000} s`));
  let timer = setTimeout(bark, stallMs);
  const end = () => clearTimeout(timer);
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    reset() {
      end();
      timer = setTimeout(bark, stallMs);
    },
    end,
  };
}

/** The failure of a connection as a TransientFailure; fetch has the reason in the error's cause. */
export function broken(error: unknown): TransientFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new TransientFailure(`the connection failed: ${messageOf(cause)}`);
}

/**
 * One request without retries. The token is sent only to the endpoint: not to other hosts in a
 * listing, and fetch removes it on a redirect to another origin.
 * @throws TransientFailure when a retry may succeed; FormatError or RunError otherwise
 */
export async function request(
  url: string,
  connection: HubConnection,
  { headers = {}, signal }: { headers?: Record<string, string>; signal: AbortSignal },
): Promise<Response> {
  const { settings } = connection;
  const trusted = new URL(url).origin === new URL(settings.endpoint).origin;
  let response: Response;
  try {
    const authorization = trusted && settings.token !== undefined && { authorization: `Bearer ${settings.token}` };
    response = await settings.fetch(url, { headers: { ...headers, ...authorization }, signal });
  } catch (error) {
    connection.signal?.throwIfAborted();
    throw broken(error);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  throw refusal(response, connection);
}

/**
 * `fetch` for the Hub library: reads the whole response, retries, and throws this module's errors.
 */
export function apiFetch(connection: HubConnection): typeof fetch {
  return (input) => {
    const url = String(input);
    return retrying(formatHubId(connection.repository), connection, async () => {
      const watch = watchdog(connection);
      try {
        const response = await request(url, connection, {
          headers: { accept: "application/json" },
          signal: watch.signal,
        });
        const body = await wholeText(response, MOST_ANSWER_BYTES).catch((error) => {
          throw error instanceof TooLong
            ? new RunError(`${formatHubId(connection.repository)}: ${error.message}`)
            : broken(error);
        });
        return new Response(body, { headers: response.headers });
      } finally {
        watch.end();
      }
    });
  };
}
