/**
 * Locks a run folder for one process. The file run.lock identifies the process, which updates the
 * file's time every few seconds. On the same machine, a process is identified by number, start time
 * and boot; for another machine or container, only the file's time shows whether its process is
 * alive.
 */
import { randomUUID } from "node:crypto";
import { readdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { z } from "zod";
import { RunError } from "../../errors.js";
import { writeFileAtomic } from "../../io/atomic.js";
import { isAlive, ownIdentity, startedAt, stillRuns } from "../../io/process-alive.js";

/** Name of the lock file in a run folder. */
export const lockName = "run.lock";
/** Prefix of the names of claims; see `exclusively`. */
const CLAIM = `.${lockName}-`;

/** Whether a name is that of the lock file, or of a claim of a killed process. */
export function isOfLock(name: string): boolean {
  return name === lockName || name.startsWith(CLAIM);
}

/** Milliseconds between heartbeats (updates of the file's time). */
const HEARTBEAT_MS = 2000;
/** The owner of a lock without heartbeat for this time is dead. */
const DEAD_AFTER_MS = 30_000;
/**
 * Waiting time for a heartbeat when a process wants the lock and nothing else shows whether the
 * owner is alive.
 */
const PATIENCE_MS = 4 * HEARTBEAT_MS;
/** Older claims are those of killed processes, since a claim lasts a few milliseconds. */
const CLAIM_MS = 10_000;
/** Tolerance between the times of files and of processes. */
const CLOCK_MS = 2000;

const ownerSchema = z.object({
  token: z.string(),
  host: z.string(),
  pid: z.int().positive(),
  startTime: z.string().nullable(),
  bootId: z.string().nullable(),
  pidNamespace: z.string().nullable(),
  /** The real path of the folder: a copy of it has a lock that is not its own. */
  folder: z.string().optional(),
});

type Owner = z.output<typeof ownerSchema>;

/** The content of a lock file. */
interface Lock {
  /** Undefined for a file of unknown format, or one that was not completely written. */
  owner: Owner | undefined;
  /** Changes with the owner and with every heartbeat. */
  stamp: string;
  /** Milliseconds since the last heartbeat. */
  age: number;
}

async function readLock(folder: string): Promise<Lock | undefined> {
  const path = join(folder, lockName);
  try {
    const text = await readFile(path, "utf8");
    const { mtimeMs } = await stat(path);
    return { owner: parseOwner(text), stamp: `${mtimeMs} ${text}`, age: Date.now() - mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** JSON, or `PID HOST` of earlier versions, which had no heartbeat. */
function parseOwner(text: string): Owner | undefined {
  const [, pid, host] = /^(\d+) (\S+)\s*$/.exec(text) ?? [];
  if (pid !== undefined)
    return { token: text, host, pid: Number(pid), startTime: null, bootId: null, pidNamespace: null };
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether the owner is alive; undefined if only a further heartbeat would show it. */
function isHolding({ owner, age }: Lock): boolean | undefined {
  if (!owner) return age > CLAIM_MS ? false : undefined;
  const runs = stillRuns(owner);
  if (runs !== undefined) return runs;
  if (owner.host === hostname() && owner.bootId === null) {
    // A process that started after the lock was written has a reused number.
    const began = startedAt(owner.pid) ?? 0;
    return isAlive(owner.pid) && began < Date.now() - age + CLOCK_MS;
  }
  return age > DEAD_AFTER_MS ? false : undefined;
}

/** Whether a run folder is locked, as far as can be determined at once. */
export async function isHeld(folder: string): Promise<boolean> {
  const lock = await readLock(folder);
  return lock !== undefined && (isHolding(lock) ?? true);
}

/** The process that a lock names. */
export interface LockingProcess {
  readonly pid: number;
  /** Differs for every lock that a process takes. */
  readonly token: string;
  /**
   * Whether it certainly still runs, on this machine, and locked this folder: by number, start time
   * and boot, and by the folder's real path, which a copied lock does not have.
   */
  readonly proven: boolean;
}

/** The process that locks a run folder of this machine; undefined if none does, or it is elsewhere. */
export async function lockingProcess(folder: string): Promise<LockingProcess | undefined> {
  const owner = (await readLock(folder))?.owner;
  if (!owner || owner.host !== hostname()) return undefined;
  const proven = owner.folder === (await realpath(folder)) && stillRuns(owner) === true;
  return { pid: owner.pid, token: owner.token, proven };
}

/** A lock held by this process. */
export interface HeldLock {
  /**
   * @throws RunError when another process has taken over the folder, e.g. while this one was
   *   suspended
   */
  check(): Promise<void>;
  /** Releases the lock. */
  release(): Promise<void>;
}

/**
 * Locks a run folder. The lock of a dead process is taken over; if its death is not certain at
 * once, after some seconds without a heartbeat.
 * @throws RunError while another process holds it, or where this user may not write
 */
export async function lockFolder(folder: string): Promise<HeldLock> {
  const path = join(folder, lockName);
  const owner: Owner = { token: randomUUID(), host: hostname(), ...ownIdentity(), folder: await realpath(folder) };
  let dead: string | undefined;
  for (;;) {
    const seen = await readLock(folder);
    if (seen && seen.stamp !== dead && !(await isDead(folder, seen))) throw inUse(folder, path, seen);
    dead = seen?.stamp;
    const taken = await exclusively(folder, owner.token, async () => {
      const now = await readLock(folder);
      if (now?.stamp !== dead) return false; // Another process was faster.
      await writeFileAtomic(path, `${JSON.stringify(owner)}\n`);
      return true;
    });
    if (taken) break;
  }
  const heartbeat = startHeartbeat(path);
  return {
    async check() {
      const lock = await readLock(folder);
      if (lock?.owner?.token !== owner.token)
        throw new RunError(`${folder} was taken over by another process`, {
          help: "This process had no heartbeat for too long. Let the other process continue, or stop it and use --resume.",
        });
    },
    async release() {
      await heartbeat.terminate();
      if ((await readLock(folder))?.owner?.token === owner.token) await rm(path, { force: true });
    },
  };
}

/** Whether the owner of a lock is dead; waits for a heartbeat if needed. */
async function isDead(folder: string, lock: Lock): Promise<boolean> {
  const holds = isHolding(lock);
  if (holds !== undefined) return !holds;
  for (let waited = 0; waited < PATIENCE_MS; waited += HEARTBEAT_MS / 4) {
    await setTimeout(HEARTBEAT_MS / 4);
    const now = await readLock(folder);
    if (now?.stamp !== lock.stamp) return now === undefined;
  }
  return true;
}

function inUse(folder: string, path: string, { owner, age }: Lock): RunError {
  const who = owner ? `process ${owner.pid}${owner.host === hostname() ? "" : ` on ${owner.host}`}` : "another process";
  return new RunError(`${folder} is in use by ${who}, whose last heartbeat is ${Math.round(age / 1000)} s old`, {
    help: `Wait for it to end, or choose another folder. If it is not a run of rewardscope, delete ${path}.`,
  });
}

/**
 * Does short work that no other process does at the same time in this folder. Each process writes a
 * claim, then looks for others: of two, at least one sees the other, and it withdraws for a moment.
 */
async function exclusively<T>(folder: string, token: string, work: () => Promise<T>): Promise<T> {
  const own = `${CLAIM}${token}`;
  for (;;) {
    await writeFile(join(folder, own), "").catch((error: NodeJS.ErrnoException) => {
      if (!["EACCES", "EPERM", "EROFS"].includes(error.code ?? "")) throw error;
      throw new RunError(`${folder} cannot be written (${error.code})`, {
        help: "Its owner can continue the run; anyone else can continue a copy of the folder.",
        cause: error,
      });
    });
    try {
      const others = (await readdir(folder)).filter((name) => name.startsWith(CLAIM) && name !== own);
      const ages = await Promise.all(
        others.map(async (name) => {
          const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: 0 }));
          return Date.now() - mtimeMs;
        }),
      );
      await Promise.all(
        others.filter((_, i) => ages[i] > CLAIM_MS).map((name) => rm(join(folder, name), { force: true })),
      );
      if (ages.every((age) => age > CLAIM_MS)) return await work();
    } finally {
      await rm(join(folder, own), { force: true });
    }
    // Not from a seeded stream, since two processes must wait for different times.
    await setTimeout(10 + (Number.parseInt(randomUUID().slice(0, 2), 16) % 50));
  }
}

/**
 * Updates the time of a lock file in a separate thread, since the main thread may be blocked for
 * long.
 */
function startHeartbeat(path: string): Worker {
  const beat = `
    const { utimesSync } = require("node:fs");
    const { path, every } = require("node:worker_threads").workerData;
    setInterval(() => { try { utimesSync(path, new Date(), new Date()); } catch {} }, every);`;
  const worker = new Worker(beat, { eval: true, workerData: { path, every: HEARTBEAT_MS } });
  worker.unref();
  return worker;
}
