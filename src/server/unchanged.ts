/** Caches that never return a value that was outdated when it was requested. */
import { fileStamp } from "../io/file-stamp.js";

/** Puts an entry last, and removes the first ones while there are more than `most`. */
function keepLast<V>(kept: Map<string, V>, key: string, value: V, most: number): void {
  kept.delete(key);
  kept.set(key, value);
  for (const oldest of kept.keys()) {
    if (kept.size <= most) break;
    kept.delete(oldest);
  }
}

/** Values computed from files, cached until one of the files changes. */
export class Unchanged<T> {
  /** Ordered by last use, the most recent last. */
  private readonly kept = new Map<string, { readonly stamp: string; readonly value: Promise<T> }>();

  /** @param most maximal number of values; the least recently used one is removed first */
  constructor(private readonly most: number) {}

  /**
   * The value of `make` for the current files. Failures are not cached.
   * @param files all files that `make` reads, existing or not
   */
  async of(key: string, files: readonly string[], make: () => Promise<T>): Promise<T> {
    // Taken before `make` reads the files, so that a change in between is noticed next time.
    const stamp = (await Promise.all(files.map(fileStamp))).join("|");
    const known = this.kept.get(key);
    const entry = known?.stamp === stamp ? known : { stamp, value: make() };
    keepLast(this.kept, key, entry, this.most);
    try {
      return await entry.value;
    } catch (error) {
      if (this.kept.get(key) === entry) this.kept.delete(key);
      throw error;
    }
  }
}

/**
 * Shares calls of `look`, whose result may change. A call during a running one waits for it, then
 * shares the next one with all other waiting calls, so any number of requests costs at most two.
 */
export class SharedLooks<T> {
  private readonly underway = new Map<string, Promise<T>>();
  private readonly next = new Map<string, Promise<T>>();

  /** @param look begins after the call */
  at(key: string, look: () => Promise<T>): Promise<T> {
    const waiting = this.next.get(key);
    if (waiting) return waiting;
    const before = this.underway.get(key);
    if (!before) return this.begin(key, look);
    const begin = (): Promise<T> => {
      this.next.delete(key);
      return this.begin(key, look);
    };
    const next = before.then(begin, begin);
    this.next.set(key, next);
    return next;
  }

  private begin(key: string, look: () => Promise<T>): Promise<T> {
    const looking = look().finally(() => this.underway.delete(key));
    this.underway.set(key, looking);
    return looking;
  }
}

/**
 * Values computed from objects, such as a page from a summary, cached while these are identical.
 */
export class SameInputs<T> {
  private readonly kept = new Map<string, { readonly inputs: readonly unknown[]; readonly value: T }>();

  /** @param most maximal number of values; the oldest one is removed first */
  constructor(private readonly most: number) {}

  /** The value that was made of these inputs; undefined if there is none any more. */
  known(key: string, inputs: readonly unknown[]): T | undefined {
    const kept = this.kept.get(key);
    const isSame = kept?.inputs.length === inputs.length && inputs.every((input, i) => input === kept.inputs[i]);
    return isSame ? kept.value : undefined;
  }

  of(key: string, inputs: readonly unknown[], make: () => T): T {
    const known = this.known(key, inputs);
    if (known !== undefined) return known;
    const value = make();
    keepLast(this.kept, key, { inputs, value }, this.most);
    return value;
  }
}
