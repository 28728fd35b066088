/** Turns errors of the preflight into issues of the settings that caused them. */
import { ConfigError, type ConfigIssue, InternalError, RewardscopeError } from "../../errors.js";

/** A message of several lines as one line, without indents. */
function inOneLine(message: string): string {
  return message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("; ");
}

/**
 * The issues for an error.
 * @param path the setting that caused it; if the error itself names settings, the full name of one
 *   of them
 * @throws the error, if it is not caused by an input: an internal error, or an abort
 */
export function issuesOf(
  error: unknown,
  { path, expected, pathOf }: { path: string; expected: string; pathOf?: (named: string) => string },
): ConfigIssue[] {
  if (error instanceof InternalError) throw error;
  if (error instanceof ConfigError && pathOf)
    return error.issues.map((issue) => ({ ...issue, path: pathOf(issue.path) }));
  if (!(error instanceof RewardscopeError) && !isOfSystem(error)) throw error;
  return [{ path, expected, received: inOneLine(error.message) }];
}

/** Errors of the operating system, such as a missing permission. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && "code" in error && "syscall" in error;
}
