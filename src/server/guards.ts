/**
 * What a server on one's own machine must refuse: pages of other sites that reach it by a name of theirs (DNS rebinding) or
 * post to it, and whatever would make its own pages load anything from elsewhere.
 */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { RewardscopeError } from "../errors.js";

/** Of the pages that the server makes. Figures carry style attributes, hence `unsafe-inline` for styles alone. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/** Names of this machine for itself. */
const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** Asks of every request a host name that is this server's. @param host what the server listens on; `0.0.0.0` and `::` allow any */
export function ownHost(host: string): MiddlewareHandler {
  const any = host === "0.0.0.0" || host === "::";
  const names = new Set([...loopback, host.includes(":") ? `[${host}]` : host]);
  return async (context, next) => {
    const given = new URL(context.req.url).hostname;
    if (!any && !names.has(given)) return context.text(`This server does not answer to the name ${given}.\n`, 421);
    await next();
  };
}

/** Refuses what a page of another origin sends, also one whose origin is hidden (`null`). */
export const ownOrigin: MiddlewareHandler = async (context, next) => {
  const { host } = new URL(context.req.url);
  const from = context.req.header("origin");
  if (from !== undefined && (!URL.canParse(from) || new URL(from).host !== host))
    throw new RewardscopeError("FORBIDDEN", `a page of ${from} asked for this`);
  await next();
};

/** Bytes of the largest body that is read: a text of 20,000 characters and its settings need a tenth. */
const MOST_BYTES = 1024 * 1024;

/** Asks of a POST that it is JSON of at most 1 MiB. */
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

/** Headers of every answer. The report brings a policy of its own, which is narrower. */
export const safeHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  const headers = context.res.headers;
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Cache-Control", "no-store");
  if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", policy);
};
