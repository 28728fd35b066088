/**
 * Starts, stops and continues runs, each a process of the command line. Which run goes on is known
 * from the locks of the run folders alone; only the moments between a start and its lock are kept
 * here.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve, sep } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ConfigError, type ConfigIssue, RewardscopeError } from "../../errors.js";
import { runLog } from "../../pipeline/run/run-folder.js";
import { isHeld, lockingProcess } from "../../pipeline/run/run-lock.js";
import { readResumableRecord } from "../../pipeline/run/run-record.js";
import { show } from "../../settings/issues.js";
import type { FoundRun } from "../find-runs.js";
import { logBytes, logTail } from "../log-tail.js";
import { problemsOf } from "./draft.js";
import { type Answer, askProgram, type Program, startApart } from "./program.js";

/** Milliseconds between two looks at a process that has just been started. */
const LOOK_MS = 150;

/** A start that the server made. */
export interface Launch {
  /**
   * `starting`: it reads, checks or downloads its inputs and has written nothing. `begun`: its run
   * folder is locked, or it had nothing to do. `failed`: it ended before.
   */
  state: "starting" | "begun" | "failed";
  /** Its output; only where it failed. */
  said?: string;
}

interface Started extends Launch {
  readonly child: ChildProcess;
  /** Whether it was told to stop. */
  told?: boolean;
}

/** Names of new run folders; none begins with a dot, since such folders are not listed. */
const runName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

export class Launches {
  private readonly started = new Map<string, Started>();
  /** Runs that are being continued and are not in `started` yet: of two requests at once, one starts. */
  private readonly continued = new Set<string>();
  /** Tokens of locks whose process was told to stop; telling it twice would end it at once. */
  private readonly told = new Set<string>();

  constructor(
    /** The shown folder. */
    private readonly root: string,
    private readonly program: Program,
  ) {}

  /** Why no run can be made in the shown folder; undefined if it can. */
  get unfit(): string | undefined {
    return existsSync(join(this.root, "run.json"))
      ? "This folder is a run itself: view the folder above it."
      : undefined;
  }

  /** What the command line would do with a configuration, or what is wrong with it. */
  async plan(
    text: string,
    { name, estimate, signal }: { name: string; estimate: boolean; signal: AbortSignal },
  ): Promise<Answer> {
    const issues = this.problems(name, text);
    if (issues.length > 0) return { message: issues.length === 1 ? "1 problem" : `${issues.length} problems`, issues };
    return withFile(text, (file) =>
      askProgram(
        this.program,
        ["run", file, "--out", join(this.root, name), estimate ? "--estimate" : "--dry-run"],
        signal,
      ),
    );
  }

  /**
   * Starts a run in a new folder.
   * @param name the name of its folder below the shown one
   * @throws ConfigError with all problems of name and configuration, RunError when no process can be
   *   started; nothing is left behind then
   */
  async start(name: string, text: string): Promise<void> {
    const issues = this.problems(name, text);
    if (issues.length > 0) throw new ConfigError("new run", issues);
    const folder = join(this.root, name);
    try {
      // Not recursive: an existing folder, or a link to one elsewhere, is refused.
      await mkdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new ConfigError("new run", [taken(name)]);
      throw error;
    }
    let holder: string | undefined;
    const forget = async () => {
      if (holder) await rm(holder, { recursive: true, force: true });
    };
    try {
      holder = await mkdtemp(join(tmpdir(), "rewardscope-"));
      const file = join(holder, `${name}.yaml`);
      await writeFile(file, text);
      await this.launch(name, folder, ["run", file, "--out", folder], forget);
    } catch (error) {
      await forget();
      await removeUnbegun(folder);
      throw error;
    }
  }

  /**
   * Continues a run.
   * @throws RewardscopeError INVALID_INPUT when it is running, FORBIDDEN when it lies outside of the
   *   shown folder; FormatError or ConfigError when its run.json is damaged or of another format;
   *   RunError when no process can be started
   */
  async resume(run: FoundRun): Promise<void> {
    const { id, folder } = run;
    await this.requireInside(run);
    const isRunning = () => new RewardscopeError("INVALID_INPUT", `${id} is running already`);
    if (this.continued.has(id) || this.started.get(id)?.state === "starting") throw isRunning();
    this.continued.add(id);
    try {
      if (await isHeld(folder)) throw isRunning();
      await readResumableRecord(folder);
      await this.launch(id, folder, ["run", "--resume", "--out", folder], async () => undefined);
    } finally {
      this.continued.delete(id);
    }
  }

  /**
   * Tells the process of a run to stop, as Ctrl-C does: it stops at its next checkpoint. Told again,
   * it is left alone.
   * @throws RewardscopeError INVALID_INPUT when it does not run, FORBIDDEN when its lock does not
   *   prove which process runs it
   */
  async stop(run: FoundRun): Promise<void> {
    await this.requireInside(run);
    const launched = this.started.get(run.id);
    const owner = await lockingProcess(run.folder);
    const alive = launched && launched.child.exitCode === null && launched.child.signalCode === null;
    // A child that has not ended keeps its number, also where the system does not tell start times.
    const isOwn = owner && alive && launched.child.pid === owner.pid;
    if (owner && (owner.proven || isOwn)) {
      // Perhaps told before it had the lock, or between two locks.
      if (this.told.has(owner.token) || (isOwn && launched.told)) return;
      interrupt(owner.pid, run.id);
      this.told.add(owner.token);
      if (isOwn) launched.told = true;
      return;
    }
    if (await isHeld(run.folder))
      throw new RewardscopeError("FORBIDDEN", `${run.id}: its lock does not prove which process runs it`, {
        help: "Stop it where it was started.",
      });
    if (launched?.state !== "starting" || !alive)
      throw new RewardscopeError("INVALID_INPUT", `${run.id} is not running`);
    if (launched.told) return;
    launched.child.kill("SIGINT");
    launched.told = true;
  }

  /** The last start of a run by this server. @throws RewardscopeError NOT_FOUND */
  launchOf(id: string): Launch {
    const launched = this.started.get(id);
    if (!launched) throw new RewardscopeError("NOT_FOUND", `${id} was not started here`);
    const { state, said } = launched;
    return { state, ...(said !== undefined && { said }) };
  }

  /** A run that this server started and that has not begun to write, so that no list has it. */
  unlisted(id: string): FoundRun | undefined {
    return this.started.get(id)?.state === "starting" ? { id, folder: join(this.root, id) } : undefined;
  }

  private problems(name: string, text: string): ConfigIssue[] {
    const { unfit } = this;
    if (unfit) return [{ path: "folder", expected: "a folder of runs", received: unfit }];
    const issues = problemsOf(text);
    if (!runName.test(name))
      issues.unshift({
        path: "name",
        expected: "at most 100 letters and digits, and _ . - after the first of them",
        received: show(name),
      });
    else if (existsSync(join(this.root, name))) issues.unshift(taken(name));
    return issues;
  }

  /** @throws RewardscopeError FORBIDDEN for a run that a link of the shown folder leads to */
  private async requireInside({ id, folder }: FoundRun): Promise<void> {
    const [root, path] = [await realpath(resolve(this.root)), await realpath(folder)];
    if (path !== root && !path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))
      throw new RewardscopeError("FORBIDDEN", `${id} is a link to outside of the shown folder`);
  }

  /** @param done called when the process has read its configuration, or has ended */
  private async launch(id: string, folder: string, args: readonly string[], done: () => Promise<void>): Promise<void> {
    const before = await logBytes(folder);
    const child = await startApart(this.program, args, join(folder, runLog));
    const launch: Started = { state: "starting", child };
    this.started.set(id, launch);
    // A signal that cannot be sent; without a listener it would end the server.
    child.on("error", () => undefined);
    const look = async (): Promise<void> => {
      for (;;) {
        const ended = child.exitCode !== null || child.signalCode !== null;
        const recorded = existsSync(join(folder, "run.json"));
        const locks = (await lockingProcess(folder))?.pid === child.pid;
        if (recorded && (locks || child.exitCode === 0)) launch.state = "begun";
        else if (ended) {
          launch.said = await logTail(folder, before);
          launch.state = "failed";
          if (!recorded) await removeUnbegun(folder);
        }
        if (launch.state !== "starting") return done();
        await setTimeout(LOOK_MS, undefined, { ref: false });
      }
    };
    look().catch((error: Error) => {
      launch.said = error.message;
      launch.state = "failed";
    });
  }
}

const taken = (name: string): ConfigIssue => ({
  path: "name",
  expected: "the name of a new folder",
  received: `${show(name)}, which exists`,
});

/**
 * @throws RewardscopeError FORBIDDEN for a process of another user, INVALID_INPUT for one that has
 *   just ended
 */
function interrupt(pid: number, id: string): void {
  try {
    process.kill(pid, "SIGINT");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPERM") throw new RewardscopeError("FORBIDDEN", `${id} is run by another user`);
    if (code === "ESRCH") throw new RewardscopeError("INVALID_INPUT", `${id} is not running`);
    throw error;
  }
}

/** Removes the folder of a run that ended before it wrote anything, with its log. */
async function removeUnbegun(folder: string): Promise<void> {
  await rm(join(folder, runLog), { force: true });
  // Not recursive: what anyone else put there stays.
  await rmdir(folder).catch(() => undefined);
}

/** Calls `work` with a file of the text that exists until it ends. */
async function withFile<T>(text: string, work: (file: string) => Promise<T>): Promise<T> {
  const holder = await mkdtemp(join(tmpdir(), "rewardscope-"));
  try {
    const file = join(holder, "configuration.yaml");
    await writeFile(file, text);
    return await work(file);
  } finally {
    await rm(holder, { recursive: true, force: true });
  }
}
