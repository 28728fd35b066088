/**
 * Guards of a server on the user's machine: it rejects requests of other sites that reach it by
 * their own host name (DNS rebinding) or post to it, and its pages cannot load anything from
 * elsewhere.
 */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { RewardscopeError } from "../errors.js";

/**
 * Policy of the server's pages. Figures have style attributes, which need `unsafe-inline` for
 * styles.
 */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/** Names of the local machine. */
const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** Whether only this machine reaches a server that listens on a host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Requires every request to have the server's host name.
 * @param host the server's host; `0.0.0.0` and `::` allow any
 */
export function ownHost(host: string): MiddlewareHandler {
  const any = host === "0.0.0.0" || host === "::";
  const names = new Set([...loopback, host.includes(":") ? `[${host}]` : host]);
  return async (context, next) => {
    const given = new URL(context.req.url).hostname;
    if (!any && !names.has(given)) return context.text(`Host name: expected this server's, received ${given}.\n`, 421);
    await next();
  };
}

/** Rejects requests of pages of another origin, also of a hidden one (`null`). */
export const ownOrigin: MiddlewareHandler = async (context, next) => {
  const { host } = new URL(context.req.url);
  const from = context.req.header("origin");
  if (from !== undefined && (!URL.canParse(from) || new URL(from).host !== host))
    throw new RewardscopeError("FORBIDDEN", `requests of pages of ${from} are not allowed`);
  await next();
};

/** Maximal bytes of a body; a text of 20,000 characters and its settings need a tenth. */
const MOST_BYTES = 1024 * 1024;

/** Requires a POST to be JSON of at most 1 MiB. */
export const smallJson: MiddlewareHandler = async (context, next) => {
  if (context.req.method !== "POST") return next();
  if (!context.req.header("content-type")?.startsWith("application/json"))
    throw new RewardscopeError("INVALID_INPUT", "expected a body of content type application/json");
  const tooLarge = bodyLimit({
    maxSize: MOST_BYTES,
    onError: () => {
      throw new RewardscopeError("TOO_LARGE", `expected a body of at most ${MOST_BYTES} bytes`);
    },
  });
  return tooLarge(context, next);
};

/** Headers of every answer. The report has its own stricter policy. */
export const safeHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  const headers = context.res.headers;
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Cache-Control", "no-store");
  if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", policy);
};
