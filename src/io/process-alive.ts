/**
 * Identifies a process beyond its number, which can be reused or exist on another machine, and
 * checks whether it still runs.
 */
import { readFileSync, readlinkSync } from "node:fs";

/** A process. Fields that the platform does not provide are null. */
export interface ProcessIdentity {
  readonly pid: number;
  /**
   * Start time in clock ticks since the machine booted: distinguishes a later process with the same
   * number.
   */
  readonly startTime: string | null;
  /** One id per boot of the machine; its containers share it. */
  readonly bootId: string | null;
  /** The namespace of `pid`: each container has its own. */
  readonly pidNamespace: string | null;
}

/** A clock tick of /proc: a hundredth of a second on every Linux that Node runs on. */
const TICK_MS = 10;

/** @param pid process number */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs and belongs to another user.
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
 * Whether a process with this identity still runs. Undefined if this cannot be determined: it is on
 * another machine or in another container, or the platform does not provide the information.
 */
export function stillRuns({ pid, startTime, bootId, pidNamespace }: ProcessIdentity): boolean | undefined {
  const own = ownIdentity();
  if (startTime === null || own.startTime === null) return undefined;
  if (bootId !== own.bootId || pidNamespace !== own.pidNamespace) return undefined;
  const status = statusOf(pid);
  return status !== undefined && status.startTime === startTime && !status.isDead;
}

/**
 * Start time of a process of this machine, in milliseconds since 1970, accurate to about a second;
 * undefined if not available.
 */
export function startedAt(pid: number): number | undefined {
  const ticks = statusOf(pid)?.startTime;
  const boot = orNull(() => /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]);
  return ticks && boot ? Number(boot) * 1000 + Number(ticks) * TICK_MS : undefined;
}

/**
 * Fields 3 and 22 of /proc/PID/stat, counted after the process name, which may contain spaces and
 * brackets.
 */
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
