/** Two ways not to do the same work for every request: none lets an answer be older than its question. */
import { fileStamp } from "../io/file-stamp.js";

/** Puts an entry last, and drops first ones while there are more than `most`. */
function keepLast<V>(kept: Map<string, V>, key: string, value: V, most: number): void {
  kept.delete(key);
  kept.set(key, value);
  for (const oldest of kept.keys()) {
    if (kept.size <= most) break;
    kept.delete(oldest);
  }
}

/** What was made of files, kept until one of them changes. */
export class Unchanged<T> {
  /** Ordered by last use, the most recent last. */
  private readonly kept = new Map<string, { readonly stamp: string; readonly value: Promise<T> }>();

  /** @param most maximal number of values; the one that was not used for longest goes first */
  constructor(private readonly most: number) {}

  /**
   * What `make` made of these files as they stand. A failure is not kept.
   * @param files all that `make` reads, there or not
   */
  async of(key: string, files: readonly string[], make: () => Promise<T>): Promise<T> {
    // Taken before the files are read: what changes meanwhile is read again next time.
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
 * Looks at something that changes. Who asks while a look is under way shares the next one with all
 * who ask meanwhile, so that many requests cost as much as two.
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

/** What was made of the same objects, such as a page of a summary, kept until one of them is another. */
export class SameInputs<T> {
  private readonly kept = new Map<string, { readonly inputs: readonly unknown[]; readonly value: T }>();

  /** @param most maximal number of values; the one that was made first goes first */
  constructor(private readonly most: number) {}

  of(key: string, inputs: readonly unknown[], make: () => T): T {
    const known = this.kept.get(key);
    if (known && known.inputs.length === inputs.length && inputs.every((input, i) => input === known.inputs[i]))
      return known.value;
    const value = make();
    keepLast(this.kept, key, { inputs, value }, this.most);
    return value;
  }
}
