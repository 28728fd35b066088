/** What a command is: data from which its help is made, and the function that runs it. */
import type { RunObserver } from "../pipeline/run/observer.js";
import type { Stage } from "../pipeline/run/stage.js";

export interface CommandOption {
  /** As commander has them, e.g. `--out <folder>`. */
  flags: string;
  description: string;
  /** May be given several times; the values come as a list. */
  repeats?: boolean;
}

/** What a command may use of the world outside. */
export interface CommandContext {
  /** Whether the answer is for machines: one JSON document on standard output. */
  readonly json: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** One line on standard output. */
  print(line: string): void;
  /** Progress on standard error. */
  observer(): Promise<RunObserver>;
  /** The stages of the method, in order. */
  loadStages(): Promise<readonly Stage[]>;
}

/** A command's file exports one of these as `command`. `--json`, `--verbose` and `--help` come by themselves. */
export interface Command<Options = object> {
  /** As commander has them, e.g. `[preset|config.yaml]`; with what they mean. */
  arguments: { syntax: string; description: string }[];
  options: CommandOption[];
  /** A command line that a reader can try. */
  example: string;
  run(args: (string | undefined)[], options: Options, context: CommandContext): Promise<void>;
}

/** The option of every command that takes a model or texts. */
export const offlineOption: CommandOption = {
  flags: "--offline",
  description: "make no request; models and texts of the Hub come from its cache (as HF_HUB_OFFLINE=1 does)",
};

/** Stopped by the user; `hint` says how to go on. */
export class Interrupted extends Error {
  constructor(readonly hint: string) {
    super("interrupted");
  }
}

/**
 * Waits for work.
 * @param hint how to go on when the user stops it; default: what is said of downloads before a run
 * @throws Interrupted when the user stopped it
 */
export async function stoppable<T>(
  signal: AbortSignal,
  work: Promise<T>,
  hint = "What was downloaded is kept; the same command goes on from there.",
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(hint);
  }
}
