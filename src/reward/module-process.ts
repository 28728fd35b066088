/** A module in its own process, so that it cannot block or end the run. */
import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { FormatError, RunError } from "../errors.js";
import { messageOf } from "../io/atomic.js";
import { ErrorLines, eachLine, wordsOfEnd } from "./module-output.js";
import type { ModuleCall, ModuleProblem, ModuleReport } from "./module-protocol.js";

export interface ModuleProcessOptions {
  /** Time limit in seconds for loading the module, and for each 64 texts of a call. */
  readonly timeoutSeconds: number;
  /** Aborting it ends the process at once; pending calls fail with its reason. */
  readonly signal?: AbortSignal;
  /** The purpose of the module, for messages. Default: the reward. */
  readonly role?: string;
  /** Called with each line that the module prints. */
  readonly print: (line: string) => void;
}

/** Number of texts per `timeoutSeconds`; the limit of a larger call is proportional. */
const TEXTS_PER_TIMEOUT = 64;
/** Node's longest timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/**
 * Time limit in milliseconds for the process to end on request, and for its last output to
 * arrive after its end.
 */
const PATIENCE_MS = 1000;
/** The id of the call that loads the module. */
const LOADING = 0;

/** A pending call. */
interface Pending {
  /** Description of the call, for messages. */
  readonly doing: string;
  resolve(values: readonly number[]): void;
  reject(error: unknown): void;
}

/** A child process with a loaded module, and its pending calls. */
export class ModuleProcess {
  private readonly name: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private readonly pending = new Map<number, Pending>();
  private readonly stop = () => this.fail(this.options.signal?.reason);
  private nextId = LOADING + 1;
  /** The reason why no further calls are possible. */
  private failure: { readonly error: unknown } | undefined;

  private constructor(
    private readonly path: string,
    private readonly options: ModuleProcessOptions,
  ) {
    this.name = `${options.role ?? "the reward"} ${path}`;
    // When run from the sources (tests, development), a TypeScript loader is needed.
    const isSource = import.meta.url.endsWith(".ts");
    this.child = fork(
      new URL(isSource ? "./module-host.ts" : "./module-host.js", import.meta.url),
      [path, String(process.pid)],
      {
        ...(isSource && { execArgv: ["--import", import.meta.resolve("tsx")] }),
        serialization: "advanced",
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    this.child.on("message", (report: ModuleReport) => this.receive(report));
    this.ended = this.follow();
    options.signal?.addEventListener("abort", this.stop, { once: true });
  }

  /**
   * Starts a process and loads the module in it.
   * @throws FormatError when the module cannot be loaded or its default export is not a function;
   *   RunError when loading takes too long or ends the process; the signal's reason when aborted
   */
  static async start(path: string, options: ModuleProcessOptions): Promise<ModuleProcess> {
    options.signal?.throwIfAborted();
    const started = new ModuleProcess(path, options);
    await started.answer(LOADING, "while it was loaded", 1, "was not loaded");
    return started;
  }

  /** Whether further calls are possible. */
  get runs(): boolean {
    return this.failure === undefined;
  }

  /**
   * The module's values of texts.
   * @returns one finite number per text
   * @throws RunError with the module's error or wrong value; the signal's reason when aborted
   */
  value(texts: readonly string[]): Promise<readonly number[]> {
    const id = this.nextId++;
    const given = `${texts.length} text${texts.length === 1 ? "" : "s"}`;
    const parts = Math.max(1, Math.ceil(texts.length / TEXTS_PER_TIMEOUT));
    const answer = this.answer(id, `when it was given ${given}`, parts, `was given ${given} and did not answer`);
    // If the channel is closed, the exit of the process gives the error.
    if (this.runs) this.child.send({ id, texts } satisfies ModuleCall, () => {});
    return answer;
  }

  /** Ends the process; it may clean up in its `exit` event. */
  async end(): Promise<void> {
    this.refuse(new RunError(`${this.name} was disposed of`));
    this.child.ref();
    if (this.child.connected) this.child.disconnect();
    await within(PATIENCE_MS, this.ended, () => this.child.kill("SIGKILL"));
    await this.ended;
  }

  /**
   * Waits for an answer for `parts` times the time limit. The run's process stays alive during this
   * time.
   */
  private async answer(id: number, doing: string, parts: number, late: string): Promise<readonly number[]> {
    if (this.failure) throw this.failure.error;
    const seconds = parts * this.options.timeoutSeconds;
    const tooLate = () => this.fail(this.tooLate(late, seconds));
    const timer = setTimeout(tooLate, Math.min(1000 * seconds, LONGEST_TIMER_MS));
    this.child.ref();
    this.child.channel?.ref();
    try {
      return await new Promise((resolve, reject) => this.pending.set(id, { doing, resolve, reject }));
    } finally {
      clearTimeout(timer);
      this.pending.delete(id);
      if (this.pending.size === 0) this.letGo();
    }
  }

  private tooLate(what: string, seconds: number): RunError {
    const { timeoutSeconds } = this.options;
    const share = seconds === timeoutSeconds ? "" : ` is ${timeoutSeconds}, for each ${TEXTS_PER_TIMEOUT} texts`;
    return new RunError(`${this.name} ${what} in ${seconds} seconds (reward.timeoutSeconds${share})`, {
      help: `Perhaps a promise never settles. If it needs more time: rewardscope run --resume --set reward.timeoutSeconds=${10 * timeoutSeconds} continues from the last checkpoint.`,
    });
  }

  /** Allows the run's process to end before this one. */
  private letGo(): void {
    this.child.unref();
    this.child.channel?.unref();
    for (const stream of [this.child.stdout, this.child.stderr]) (stream as Socket | null)?.unref();
  }

  private receive(report: ModuleReport): void {
    switch (report.kind) {
      case "loaded":
        this.pending.get(LOADING)?.resolve([]);
        break;
      case "values":
        this.pending.get(report.id)?.resolve(report.values);
        break;
      case "failed":
        this.pending.get(report.id)?.reject(errorOf(report.problem));
        break;
      case "refused":
        this.fail(
          new FormatError(this.path, report.problem.message, { at: report.problem.at, help: report.problem.help }),
        );
        break;
      case "crashed":
        this.fail(errorOf(report.problem));
    }
  }

  /** Handles the output and the exit of the process. */
  private async follow(): Promise<void> {
    const { child } = this;
    const on = (event: string) => new Promise<unknown[]>((resolve) => child.once(event, (...facts) => resolve(facts)));
    const [failed, exited, disconnected] = ["error", "exit", "disconnect"].map(on);
    child.on("error", (cause) => this.fail(new RunError(`${this.name}: no process: ${messageOf(cause)}`, { cause })));
    const errors = new ErrorLines(this.options.print);
    const printed = [eachLine(child.stdout!, this.options.print), eachLine(child.stderr!, (line) => errors.add(line))];
    await Promise.race([failed, exited]);
    // Its last messages and output may arrive after its exit.
    await within(PATIENCE_MS, Promise.all([...printed, disconnected]));
    const doing = [...this.pending.values()].map((call) => call.doing)[0] ?? "between two calls";
    const problem = wordsOfEnd(child, errors.lastWords);
    this.fail(errorOf({ ...problem, message: `${this.name} ${problem.message}, ${doing}` }));
  }

  /** Rejects pending and further calls. */
  private refuse(error: unknown): void {
    this.failure ??= { error };
    for (const call of this.pending.values()) call.reject(this.failure.error);
    this.options.signal?.removeEventListener("abort", this.stop);
  }

  private fail(error: unknown): void {
    this.refuse(error);
    this.child.kill("SIGKILL");
  }
}

const errorOf = ({ message, at, help }: ModuleProblem) => new RunError(message, { at, help });

/** Waits for an event for a limited time, then calls `otherwise`. */
async function within(milliseconds: number, event: Promise<unknown>, otherwise = () => {}): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      otherwise();
      resolve();
    }, milliseconds);
    void event.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
