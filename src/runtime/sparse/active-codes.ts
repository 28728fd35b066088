/** Finds the active codes of a batch among the pre-activations. */
import type { SparseAutoencoder } from "../protocol.js";
import type { SparseKernel } from "./kernel.js";
import type { Lists } from "./lists.js";
import { keepLargest, kthLargest, LEAST_POSITIVE } from "./selection.js";
import type { Workspace } from "./workspace.js";

/** Tokens whose positive pre-activations are listed at a time. */
const LISTED_TOKENS = 64;

/** Pre-activations [tokens, features], by their address. */
interface PreActivations {
  readonly values: number;
  readonly tokens: number;
  readonly features: number;
}

export class ActiveCodes {
  /** By the autoencoder's name: a value that the smallest kept one of the next batch is probably above. */
  private readonly guesses = new Map<string, number>();

  constructor(
    private readonly space: Workspace,
    private readonly kernel: SparseKernel,
  ) {}

  /** The codes that the autoencoder keeps; undefined where they are too many. */
  select(
    all: PreActivations,
    { name, keep, most }: SparseAutoencoder,
  ): { lists: Lists; threshold?: number } | undefined {
    if (keep.of === "token") return { lists: this.largestOfTokens(all, keep.k) };
    if (keep.of === "batch") return this.largestOfBatch(name, all, keep.k * all.tokens);
    const starts = this.space.take(all.tokens + 1);
    const count = this.count(all, starts, 0, all.tokens, LEAST_POSITIVE);
    if (count > most * all.tokens * all.features) return undefined;
    return { lists: this.list(all, starts, count, LEAST_POSITIVE) };
  }

  /** Of each token the largest pre-activations of dead features, also negative ones. */
  largestOfDead(
    { values: preActivations, tokens, features }: PreActivations,
    { features: isDead, kept }: NonNullable<SparseAutoencoder["dead"]>,
  ): Lists {
    const { space } = this;
    const dead = Array.from(isDead.keys()).filter((feature) => isDead[feature] > 0);
    const k = Math.min(kept, dead.length);
    const [starts, index, value] = [space.take(tokens + 1), space.take(tokens * k), space.take(tokens * k)];
    const from = space.floats(preActivations, tokens * features);
    const [toIndex, toValue] = [space.ints(index, tokens * k), space.floats(value, tokens * k)];
    const [values, scratch] = [new Float32Array(dead.length), new Float32Array(dead.length)];
    let count = 0;
    for (let token = 0; token < tokens; token++) {
      for (let i = 0; i < dead.length; i++) values[i] = from[token * features + dead[i]];
      keepLargest(values, k, scratch, (place) => {
        toIndex[count] = dead[place];
        toValue[count++] = values[place];
      });
    }
    space.ints(starts, tokens + 1).forEach((_, token, all) => {
      all[token] = token * k;
    });
    return { rows: tokens, count, starts, index, value };
  }

  /** Where the entries of the tokens begin that are at least `least`, the first at 0; returns how many there are. */
  private count(
    { values, tokens, features }: PreActivations,
    starts: number,
    from: number,
    to: number,
    least: number,
  ): number {
    this.kernel.count(values, starts, from, to, features, least);
    const places = this.space.ints(starts, tokens + 1);
    places[from] = 0;
    for (let token = from; token < to; token++) places[token + 1] += places[token];
    return places[to];
  }

  private list({ values, tokens, features }: PreActivations, starts: number, count: number, least: number): Lists {
    const [index, value] = [this.space.take(count), this.space.take(count)];
    this.kernel.list(values, starts, index, value, 0, tokens, features, least);
    return { rows: tokens, count, starts, index, value };
  }

  /**
   * The codes that are at least the k-th largest of the batch, or all positive ones with the threshold
   * 0 if they are fewer. Values below that of the last batches are probably too small, and are looked
   * at only if it is so.
   */
  private largestOfBatch(name: string, all: PreActivations, k: number): { lists: Lists; threshold: number } {
    const starts = this.space.take(all.tokens + 1);
    let least = this.guesses.get(name) ?? LEAST_POSITIVE;
    let count = this.count(all, starts, 0, all.tokens, least);
    if (count < k && least > LEAST_POSITIVE) {
      least = LEAST_POSITIVE;
      count = this.count(all, starts, 0, all.tokens, least);
    }
    const lists = this.list(all, starts, count, least);
    if (count < k) return { lists, threshold: 0 };
    const threshold = kthLargest(this.space.floats(lists.value, count).slice(), count, k);
    this.guesses.set(name, Math.max(LEAST_POSITIVE, 0.75 * threshold));
    return { lists: this.atLeast(lists, threshold), threshold };
  }

  /** The entries of a list that are at least `least`, in their order and in its place. */
  private atLeast({ rows, count, starts, index, value }: Lists, least: number): Lists {
    const { space } = this;
    const [ends, indices, values] = [
      space.ints(starts, rows + 1),
      space.ints(index, count),
      space.floats(value, count),
    ];
    let kept = 0;
    let entry = 0;
    for (let row = 0; row < rows; row++) {
      const last = ends[row + 1];
      ends[row] = kept;
      for (; entry < last; entry++) {
        if (values[entry] < least) continue;
        indices[kept] = indices[entry];
        values[kept++] = values[entry];
      }
    }
    ends[rows] = kept;
    return { rows, count: kept, starts, index, value };
  }

  private largestOfTokens(all: PreActivations, k: number): Lists {
    const { space, kernel } = this;
    const { values: preActivations, tokens, features } = all;
    const [starts, index, value] = [space.take(tokens + 1), space.take(tokens * k), space.take(tokens * k)];
    const rows = Math.min(tokens, LISTED_TOKENS);
    const [places, positive, values] = [
      space.take(tokens + 1),
      space.take(rows * features),
      space.take(rows * features),
    ];
    const [toStarts, toIndex, toValue] = [
      space.ints(starts, tokens + 1),
      space.ints(index, tokens * k),
      space.floats(value, tokens * k),
    ];
    const scratch = new Float32Array(features);
    let count = 0;
    for (let first = 0; first < tokens; first += rows) {
      const last = Math.min(tokens, first + rows);
      const listed = this.count(all, places, first, last, LEAST_POSITIVE);
      kernel.list(preActivations, places, positive, values, first, last, features, LEAST_POSITIVE);
      const [from, at, of] = [
        space.ints(places, tokens + 1),
        space.ints(positive, listed),
        space.floats(values, listed),
      ];
      for (let token = first; token < last; token++) {
        toStarts[token] = count;
        keepLargest(of.subarray(from[token], from[token + 1]), k, scratch, (place) => {
          toIndex[count] = at[from[token] + place];
          toValue[count++] = of[from[token] + place];
        });
      }
    }
    toStarts[tokens] = count;
    return { rows: tokens, count, starts, index, value };
  }
}
