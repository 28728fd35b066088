/** Errors of what is tried before a run, as problems of the settings that led there. */
import { ConfigError, type ConfigIssue, InternalError, RewardscopeError } from "../../errors.js";

/** A message of several lines in one, without the indents. */
function inOneLine(message: string): string {
  return message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("; ");
}

/**
 * The problems that an error stands for.
 * @param path the setting to blame, or where the error names settings itself, the full name of one
 *   of them
 * @throws the error, if it is none of an input: a mistake of ours, or the user's stop
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

/** Such as a file that may not be read. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && "code" in error && "syscall" in error;
}
