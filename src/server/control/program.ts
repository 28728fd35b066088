/** Runs the command line in processes of its own, so that runs outlive the server. */
import { type ChildProcess, spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { type ConfigIssue, RunError } from "../../errors.js";
import { messageOf } from "../../io/atomic.js";

/** What follows `node`: its options and the file of the command line. */
export type Program = readonly string[];

/**
 * Starts a command that goes on when this process ends, in a process group of its own, which
 * Ctrl-C in this process's terminal does not reach.
 * @param log the file to which its output is appended
 * @throws RunError when the system starts no process
 */
export async function startApart(program: Program, args: readonly string[], log: string): Promise<ChildProcess> {
  const file = await open(log, "a");
  try {
    const child = spawn(process.execPath, [...program, ...args], {
      detached: true,
      stdio: ["ignore", file.fd, file.fd],
      windowsHide: true,
    });
    child.unref();
    await new Promise<void>((done, fail) => child.once("spawn", done).once("error", fail));
    return child;
  } catch (cause) {
    throw new RunError(`no process could be started: ${messageOf(cause)}`, {
      cause,
      help: "Perhaps this machine has too many processes or open files.",
    });
  } finally {
    await file.close();
  }
}

/** The JSON answer of a command, or the error with which it ended. */
export type Answer = { readonly value: unknown } | { readonly message: string; readonly issues: ConfigIssue[] };

/**
 * Runs a command with `--json` to its end.
 * @param signal ends it as Ctrl-C does
 * @throws RunError when it cannot be started; the signal's reason when aborted
 */
export async function askProgram(program: Program, args: readonly string[], signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [...program, ...args, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  const stop = () => child.kill("SIGINT");
  signal.addEventListener("abort", stop, { once: true });
  let [out, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  try {
    const code = await new Promise<number | null>((done, fail) => child.once("close", done).once("error", fail));
    signal.throwIfAborted();
    if (code === 0) return { value: JSON.parse(out) };
  } catch (cause) {
    signal.throwIfAborted();
    throw new RunError("the command line could not be asked", { cause });
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return errorOf(errors);
}

/** The error in the output of a command: its last line, if it is JSON, else all of it. */
function errorOf(output: string): Answer {
  const last = output.trim().split("\n").at(-1) ?? "";
  try {
    const { message, issues = [] } = (JSON.parse(last) as { error: { message: string; issues?: ConfigIssue[] } }).error;
    return { message, issues };
  } catch {
    return { message: output.trim() || "the command line ended without an answer", issues: [] };
  }
}
