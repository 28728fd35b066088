/** A thread that decodes, seen from outside: it answers in time and within its memory, or it is ended and its file at fault. */
import type { Worker } from "node:worker_threads";
import { FormatError } from "../errors.js";
import { messageOf } from "./atomic.js";
import type { ParquetReply } from "./parquet-worker.js";
import { shownList } from "./shown-value.js";

/** Seconds in which the thread must begin: on a busy machine it may wait long for its turn. */
const START_SECONDS = 120;

/** Names of columns that an error lists. */
const MOST_COLUMNS = 20;

/** A file without the wanted column. */
export class MissingColumn extends FormatError {
  constructor(
    path: string,
    column: string,
    /** Those that it has. */
    readonly columns: readonly string[],
  ) {
    super(path, `no column ${column}`, { help: `Its columns are ${shownList(columns, MOST_COLUMNS)}.` });
  }
}

type Slice = Extract<ParquetReply, { done: boolean }>;

/** The other end of the thread: one request at a time, and a clock that it must keep pace with. */
export class DecodingThread {
  private pending: { resolve(slice: Slice): void; reject(error: unknown): void } | undefined;
  private failure: unknown;
  private place = "its beginning";
  /** Seconds that the step at work may take, and what is left of them. */
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
    // Seconds that the process itself lives through: while it is stopped or the machine asleep, none are counted.
    this.clock = setInterval(() => {
      if (this.pending && --this.secondsLeft < 0)
        this.fail(this.damaged(`${this.seconds} s of decoding came to nothing`));
    }, 1000);
    this.clock.unref();
    thread.unref();
    if (signal?.aborted) this.stop();
  }

  /** The process stays alive while a request is under way. */
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
