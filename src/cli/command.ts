/** The type of a command: data from which its help is made, and the function that runs it. */
import type { RunObserver } from "../pipeline/run/observer.js";
import type { Stage } from "../pipeline/run/stage.js";

export interface CommandOption {
  /** In commander's syntax, e.g. `--out <folder>`. */
  flags: string;
  description: string;
  /** Whether the option may be given several times; its values are a list. */
  repeats?: boolean;
}

/** The environment of a command. */
export interface CommandContext {
  /** Whether the output is one JSON document on standard output. */
  readonly json: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Prints one line on standard output. */
  print(line: string): void;
  /** All commands of the program. */
  readonly commands: readonly CommandEntry[];
  /** Progress on standard error. */
  observer(): Promise<RunObserver>;
  /** The stages of the method, in order. */
  loadStages(): Promise<readonly Stage[]>;
}

/**
 * A command's file exports one of these as `command`. Every command also has `--json`, `--verbose`
 * and `--help`.
 */
export interface Command<Options = object> {
  /** In commander's syntax, e.g. `[preset|config.yaml]`, with their meaning. */
  arguments: { syntax: string; description: string }[];
  options: CommandOption[];
  /** An example of a complete command line. */
  example: string;
  run(args: (string | undefined)[], options: Options, context: CommandContext): Promise<void>;
}

/** A command that is loaded when it is used. */
export interface CommandEntry {
  name: string;
  /** One line of help. */
  summary: string;
  load(): Promise<{ command: Command }>;
}

/** The option of every command that reads a model or texts. */
export const offlineOption: CommandOption = {
  flags: "--offline",
  description: "make no request; read models and texts of the Hub from its cache (same as HF_HUB_OFFLINE=1)",
};

/** The user stopped the program; `hint` says how to continue. */
export class Interrupted extends Error {
  constructor(readonly hint: string) {
    super("interrupted");
  }
}

/**
 * Waits for a promise.
 * @param hint how to continue after an interruption, or a function that says it then; default: that
 *   downloads are kept
 * @throws Interrupted when the user interrupts it
 */
export async function stoppable<T>(
  signal: AbortSignal,
  work: Promise<T>,
  hint: string | (() => string) = "Downloads are kept; the same command continues from there.",
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(typeof hint === "string" ? hint : hint());
  }
}
