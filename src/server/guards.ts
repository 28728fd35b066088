/**
 * What a server on one's own machine must refuse: pages of other sites that reach it by a name of theirs (DNS rebinding) or
 * post to it, and whatever would make its own pages load anything from elsewhere.
 */
import type { MiddlewareHandler } from "hono";
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

/** Asks of a POST that it is JSON, and that no page of another origin sent it. */
export const ownPost: MiddlewareHandler = async (context, next) => {
  if (context.req.method !== "POST") return next();
  const { origin, host } = new URL(context.req.url);
  const from = context.req.header("origin");
  if (from !== undefined && from !== origin && new URL(from).host !== host)
    throw new RewardscopeError("FORBIDDEN", `a page of ${from} asked for this`);
  if (!context.req.header("content-type")?.startsWith("application/json"))
    throw new RewardscopeError("INVALID_INPUT", "expected a body of content type application/json");
  await next();
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
