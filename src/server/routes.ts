/** What all routes of the live view share. */
import type { Context } from "hono";
import type { z } from "zod";
import { RewardscopeError } from "../errors.js";
import type { FoundRun } from "./find-runs.js";
import type { RunChecks } from "./run-checks.js";
import type { Runs } from "./runs.js";

export interface Routes {
  readonly runs: Runs;
  readonly checks: RunChecks;
  /** Aborted when the server ends. */
  readonly signal: AbortSignal;
  /** The run of a request. @throws RewardscopeError NOT_FOUND */
  runOf(context: Context): Promise<FoundRun>;
  /** Aborted when the client disconnects or the server ends. */
  signalOf(context: Context): AbortSignal;
}

/** The checked body of a request. @throws RewardscopeError INVALID_INPUT with all problems, one a line */
export async function bodyOf<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await context.req.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const list = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new RewardscopeError("INVALID_INPUT", list.join("\n"));
}
