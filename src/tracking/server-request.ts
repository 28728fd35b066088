/** One JSON request to a tracker's server. */
import type { z } from "zod";
import type { ConfigIssue } from "../errors.js";
import { outgoingFetch, wholeText } from "../io/outgoing.js";
import { timeLimit } from "../io/time-limit.js";
import { isPlainAddress, PLAIN_ADDRESS } from "../settings/plain-address.js";

/** Seconds until a request without answer has failed. */
const TIMEOUT_SECONDS = 10;

const MOST_ANSWER_BYTES = 8 * 2 ** 20;

/** A server's address, and headers with its key, which must not be shown. */
export interface Server {
  /** Without a slash at its end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request that failed. */
export class RequestFailed extends Error {
  constructor(
    message: string,
    /** Undefined where no answer came. */
    readonly status?: number,
  ) {
    super(message);
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    const { status } = this;
    return status === undefined || status >= 500 || status === 408 || status === 429;
  }
}

/** The address of a server by the settings, or else by the environment; undefined if neither has one. */
export function serverUrl(url: string | undefined, variable: string, env: NodeJS.ProcessEnv): string | undefined {
  const address = url ?? env[variable]?.trim();
  return address === undefined || address === "" ? undefined : address.replace(/\/+$/, "");
}

/** Problems of the address that `serverUrl` finds. Those of the settings are checked with them. */
export function serverUrlIssues(url: string | undefined, variable: string, env: NodeJS.ProcessEnv): ConfigIssue[] {
  const address = serverUrl(url, variable, env);
  if (address === undefined)
    return [
      {
        path: "tracking.url",
        expected: `the server's address, or ${variable} in the environment`,
        received: "nothing",
      },
    ];
  if (isPlainAddress(address)) return [];
  // It may contain a password.
  return [{ path: variable, expected: PLAIN_ADDRESS, received: "another value, which is not shown" }];
}

/** Problems of variables with keys that become headers. The error of fetch would quote the key. */
export function keyIssues(variables: readonly string[], env: NodeJS.ProcessEnv): ConfigIssue[] {
  return variables
    .filter((name) => !/^[\x21-\x7e]*$/.test(env[name]?.trim() ?? ""))
    .map((path) => ({ path, expected: "a key of letters, digits and signs", received: "one with other characters" }));
}

/**
 * Sends a request, with `body` as JSON in a POST, and returns the answer's JSON.
 * @param answer the form of the answer
 * @param signal ends it early
 * @throws RequestFailed when no answer comes in time, or one with an error; its message has no header
 */
export async function askServer<Answer>(
  { url, headers }: Server,
  path: string,
  { body, answer, signal }: { body?: unknown; answer: z.ZodType<Answer>; signal: AbortSignal },
): Promise<Answer> {
  const limit = AbortSignal.any([signal, timeLimit(TIMEOUT_SECONDS)]);
  let status: number;
  let text: string;
  try {
    const response = await outgoingFetch()(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      // A redirect would take the key along.
      redirect: "manual",
      signal: limit,
    });
    status = response.status;
    text = await wholeText(response, MOST_ANSWER_BYTES);
  } catch (error) {
    if (signal.aborted) throw new RequestFailed(`${url} gave no answer before the run ended`);
    throw new RequestFailed(`${url} ${limit.aborted ? `gave no answer within ${TIMEOUT_SECONDS} s` : reasonOf(error)}`);
  }
  const place = `${url}${path.replace(/\?.*/, "")}`;
  if (status < 200 || status > 299) throw new RequestFailed(`${place} answered ${status}${meaningOf(status)}`, status);
  const found = answer.safeParse(parsedJson(text));
  if (!found.success) throw new RequestFailed(`${place} answered in a form that is not known`, status);
  return found.data;
}

/** What to do about a status, where that is known. */
function meaningOf(status: number): string {
  if (status >= 300 && status < 400) return ", a redirect, which is not followed: give the address that it leads to";
  return status === 401 || status === 403 ? ": its key in the environment is missing, wrong, or may not write" : "";
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the system says of a connection that failed, such as ECONNREFUSED. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return `cannot be reached: ${cause?.code ?? cause?.message ?? message}`;
}
