/**
 * Seeded random streams. There is no global generator: every consumer derives its own stream by
 * name, so that additional draws in one place do not change draws in another.
 * Algorithm: xoshiro128** 1.1 (Blackman and Vigna 2018), with four initial words from SplitMix32
 * over an FNV-1a hash of the seed and the names. rng.test.ts lists the first values of
 * `Rng.fromSeed(42, "example")`.
 */

/** The state of a stream, as plain numbers for JSON. */
export type RngState = readonly [number, number, number, number];

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A stream of random numbers. Same seed and names, same numbers, on every machine. */
export class Rng {
  private constructor(private readonly words: Uint32Array) {}

  /** The stream of `seed` with these names, e.g. `Rng.fromSeed(42, "tune", "rollout")`. */
  static fromSeed(seed: number, ...names: string[]): Rng {
    let state = fnv1a([String(seed), ...names].join("/"));
    const words = new Uint32Array(4);
    for (let i = 0; i < 4; i++) {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      words[i] = (z ^ (z >>> 16)) >>> 0;
    }
    return new Rng(words);
  }

  /** The stream with a state of `state()`. */
  static restore(state: RngState): Rng {
    return new Rng(Uint32Array.from(state));
  }

  /** The state of the stream, from which `restore` continues it: four words of 32 bits. */
  state(): RngState {
    const [a, b, c, d] = this.words;
    return [a, b, c, d];
  }

  /** A uniform 32-bit unsigned integer. */
  uint32(): number {
    const s = this.words;
    const scrambled = Math.imul(s[1], 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** A uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** A standard normal value (Box-Muller, one of the pair). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles the array in place, uniformly (Fisher-Yates), and returns it. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }

  /** 0..n-1 in a uniform order. */
  permutation(n: number): number[] {
    return this.shuffle(Array.from({ length: n }, (_, i) => i));
  }

  /** `k` different indices of 0..n-1 in random order. */
  sample(n: number, k: number): number[] {
    return this.permutation(n).slice(0, k);
  }
}
