/** Which process one is, beyond a number that another may have later or elsewhere; and whether one still runs. */
import { readFileSync, readlinkSync } from "node:fs";

/** A process. Fields are null where the platform does not say. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in clock ticks since the machine started: a later process of the same number has another. */
  readonly startTime: string | null;
  /** One id per start of the machine; containers of a machine share it. */
  readonly bootId: string | null;
  /** In which set of process numbers `pid` counts: each container has its own. */
  readonly pidNamespace: string | null;
}

/** A clock tick of /proc: a hundredth of a second on every Linux that Node runs on. */
const TICK_MS = 10;

/** @param pid its number */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTime: statusOf(process.pid)?.startTime ?? null,
    bootId: orNull(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pidNamespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/**
 * Whether a process that said who it was still runs; undefined where this process cannot know: the other is of another
 * machine, of another container, or the platform does not tell.
 */
export function stillRuns({ pid, startTime, bootId, pidNamespace }: ProcessIdentity): boolean | undefined {
  const own = ownIdentity();
  if (startTime === null || own.startTime === null) return undefined;
  if (bootId !== own.bootId || pidNamespace !== own.pidNamespace) return undefined;
  const status = statusOf(pid);
  return status !== undefined && status.startTime === startTime && !status.isDead;
}

/** When a process of this machine began, in milliseconds since 1970, to a second or so; undefined where that is not told. */
export function startedAt(pid: number): number | undefined {
  const ticks = statusOf(pid)?.startTime;
  const boot = orNull(() => /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
  return ticks && boot ? Number(boot) * 1000 + Number(ticks) * TICK_MS : undefined;
}

/** Fields 3 and 22 of /proc/PID/stat, counted from behind the name, which may hold spaces and brackets. */
function statusOf(pid: number): { startTime: string; isDead: boolean } | undefined {
  const line = orNull(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const fields = line?.slice(line.lastIndexOf(")") + 2).split(" ");
  return fields && { startTime: fields[19], isDead: fields[0] === "Z" || fields[0] === "X" };
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
