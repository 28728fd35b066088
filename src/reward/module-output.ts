/** Output of a module's process, and the meaning of its exit status. */
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { ModuleProblem } from "./module-protocol.js";

/**
 * Longer lines are split into pieces of this length, so that an endless line does not fill memory.
 */
const LONGEST_LINE = 10_000;

/**
 * Passes on the lines of a stream, without line ends, including a last line without one.
 * @returns when the stream has ended
 */
export async function eachLine(stream: Readable, print: (line: string) => void): Promise<void> {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() as string;
    for (const line of lines) print(line);
    for (; rest.length > LONGEST_LINE; rest = rest.slice(LONGEST_LINE)) print(rest.slice(0, LONGEST_LINE));
  });
  await new Promise<void>((resolve) => stream.once("close", resolve));
  if (rest !== "") print(rest);
}

/** The first lines that Node prints when it aborts: stack traces and memory statistics. */
const LAST_WORDS = /^(<--- |FATAL ERROR: |-{5} Native stack trace -{5}|# Fatal error)/;

/** Passes on the lines of standard error, except Node's output when it aborts. */
export class ErrorLines {
  lastWords = "";
  /** Number of pending empty lines; Node prints one before its own output. */
  private empty = 0;

  constructor(private readonly print: (line: string) => void) {}

  add(line: string): void {
    if (this.lastWords !== "" || LAST_WORDS.test(line)) {
      this.lastWords += `${line}\n`;
    } else if (line === "") {
      this.empty++;
    } else {
      for (; this.empty > 0; this.empty--) this.print("");
      this.print(line);
    }
  }
}

/** A description of an unexpected exit. */
export function wordsOfEnd(
  { exitCode, signalCode }: Pick<ChildProcess, "exitCode" | "signalCode">,
  lastWords: string,
): ModuleProblem {
  if (/out of memory/i.test(lastWords))
    return {
      message: "ran out of memory",
      help: "NODE_OPTIONS=--max-old-space-size=8192 would give it 8192 MB, if there is that much.",
    };
  if (signalCode === "SIGKILL")
    return { message: "was killed", help: "By a user, or by the system when memory ran out." };
  if (signalCode === "SIGABRT") return { message: "aborted: process.abort, or a fault in a native add-on" };
  if (signalCode !== null) return { message: `was ended by ${signalCode}` };
  return {
    message: `ended its process with exit code ${exitCode}`,
    help: "A module must not call process.exit; what it throws is shown.",
  };
}
