/**
 * The main thread's side of a decoding thread: a thread that exceeds its time or memory is ended,
 * and its file is reported as damaged.
 */
import type { Worker } from "node:worker_threads";
import { FormatError } from "../errors.js";
import { messageOf } from "./atomic.js";
import type { ParquetReply } from "./parquet-worker.js";
import { shownList } from "./shown-value.js";

/** Seconds for the thread to start, which can take long on a busy machine. */
const START_SECONDS = 120;

/** Names of columns that an error lists. */
const MOST_COLUMNS = 20;

/** A file without the wanted column. */
export class MissingColumn extends FormatError {
  constructor(
    path: string,
    column: string,
    /** The columns of the file. */
    readonly columns: readonly string[],
  ) {
    super(path, `no column ${column}`, { help: `Its columns are ${shownList(columns, MOST_COLUMNS)}.` });
  }
}

type Slice = Extract<ParquetReply, { done: boolean }>;

/** A decoding thread with one request at a time and a time limit for each step. */
export class DecodingThread {
  private pending: { resolve(slice: Slice): void; reject(error: unknown): void } | undefined;
  private failure: unknown;
  private place = "its beginning";
  /** Seconds allowed for the current step, and seconds left. */
  private seconds = START_SECONDS;
  private secondsLeft = START_SECONDS;
  private readonly clock: NodeJS.Timeout;

  constructor(
    private readonly thread: Worker,
    private readonly about: { path: string; column: string; heap: number; signal?: AbortSignal },
  ) {
    const { heap, signal } = about;
    thread.on("message", (reply: ParquetReply) => this.hear(reply));
    thread.on("error", (error: NodeJS.ErrnoException) => {
      const tooMuch = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.fail(this.damaged(tooMuch ? `decoding it takes more than ${heap} MiB` : messageOf(error), error));
    });
    thread.on("exit", () => this.fail(this.damaged("the thread that decodes it ended")));
    signal?.addEventListener("abort", this.stop);
    // Counts only seconds in which this process runs, not those while it is stopped or the machine
    // sleeps.
    this.clock = setInterval(() => {
      if (this.pending && --this.secondsLeft < 0)
        this.fail(this.damaged(`${this.seconds} s of decoding came to nothing`));
    }, 1000);
    this.clock.unref();
    thread.unref();
    if (signal?.aborted) this.stop();
  }

  /** The process stays alive during a request. */
  next(): Promise<Slice> {
    if (this.failure) return Promise.reject(this.failure);
    this.secondsLeft = this.seconds;
    this.thread.ref();
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
      this.thread.postMessage("next");
    });
  }

  async end(): Promise<void> {
    clearInterval(this.clock);
    this.about.signal?.removeEventListener("abort", this.stop);
    this.failure ??= new Error("ended");
    this.thread.ref();
    await this.thread.terminate();
  }

  private readonly stop = (): void => this.fail(this.about.signal?.reason);

  private hear(reply: ParquetReply): void {
    if (this.failure) return;
    if ("fault" in reply) this.fail(new FormatError(this.about.path, reply.fault, { help: reply.help }));
    else if ("columns" in reply) this.fail(new MissingColumn(this.about.path, this.about.column, reply.columns));
    else if ("place" in reply) {
      this.place = reply.place;
      this.seconds = reply.seconds;
      this.secondsLeft = reply.seconds;
    } else {
      this.pending?.resolve(reply);
      this.pending = undefined;
      this.thread.unref();
    }
  }

  private damaged(what: string, cause?: unknown): FormatError {
    return new FormatError(this.about.path, `${this.place}: ${what}`, {
      help: "The file is perhaps damaged: fetch or write it again.",
      cause,
    });
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.pending?.reject(this.failure);
    this.pending = undefined;
    void this.thread.terminate();
  }
}
