/**
 * The key to controlling runs: a random text of one server, which its address shows after `#`. A
 * page keeps it for its own origin and sends it as a header. So neither another site, nor another
 * user of this machine, who can reach the port too, can start or stop anything.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { RewardscopeError } from "../../errors.js";

/** The header of a request that controls runs. */
const KEY_HEADER = "X-Rewardscope-Key";

/** 256 random bits. */
export function newKey(): string {
  return randomBytes(32).toString("base64url");
}

const hash = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Requires the key in a request's header. */
export function requireKey(key: string): MiddlewareHandler {
  const expected = hash(key);
  return async (context, next) => {
    // Of hashes, since texts of other lengths cannot be compared in constant time.
    if (!timingSafeEqual(hash(context.req.header(KEY_HEADER) ?? ""), expected))
      throw new RewardscopeError("FORBIDDEN", "starting and stopping runs needs the key of this server", {
        help: "Open the address that rewardscope view printed, with what follows #.",
      });
    await next();
  };
}
