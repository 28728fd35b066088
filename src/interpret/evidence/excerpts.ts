/** Short excerpts of held-out texts on which a feature is active, or inactive. */
import type { Rng } from "../../rng.js";
import type { FeatureEvidence } from "./collect-evidence.js";

/** A few consecutive tokens of a text. */
export interface Excerpt {
  tokens: readonly number[];
  /** Position in its text of the first token. */
  start: number;
}

/** An excerpt with the feature's activations. */
export interface CodedExcerpt extends Excerpt {
  text: number;
  /** Activations at its tokens. */
  codes: Float32Array;
  /** The highest of them. */
  peak: number;
}

/** An excerpt with marks at some tokens. */
export interface MarkedExcerpt extends Excerpt {
  /** Indices into `tokens`, ascending. */
  marked: readonly number[];
}

/**
 * All consecutive stretches of a fixed number of tokens, from the start of each text; a shorter
 * rest is dropped.
 */
export class Stretches {
  private readonly firstOf = [0];
  /** The highest activation of each stretch. */
  readonly peaks: Float32Array;
  /** Number of tokens of each stretch at which the feature is active. */
  readonly active: Int32Array;

  constructor(
    private readonly evidence: FeatureEvidence,
    readonly length: number,
  ) {
    const { corpus, positions, codes } = evidence;
    const { firstOf } = this;
    for (const text of corpus.texts) firstOf.push(firstOf[firstOf.length - 1] + Math.floor(text.length / length));
    this.peaks = new Float32Array(firstOf[firstOf.length - 1]);
    this.active = new Int32Array(this.peaks.length);
    for (const [k, position] of positions.entries()) {
      const text = corpus.textOf[position];
      const stretch = firstOf[text] + Math.floor((position - corpus.offsets[text]) / length);
      if (stretch >= firstOf[text + 1]) continue;
      this.peaks[stretch] = Math.max(this.peaks[stretch], codes[k]);
      this.active[stretch]++;
    }
  }

  /** Those on which the feature is active, weakest first. */
  firing(): number[] {
    const { peaks } = this;
    return [...peaks.keys()].filter((stretch) => peaks[stretch] > 0).sort((a, b) => peaks[a] - peaks[b] || a - b);
  }

  silent(): number[] {
    return [...this.peaks.keys()].filter((stretch) => this.peaks[stretch] === 0);
  }

  /** The stretches with these numbers, in the order given. */
  excerpts(stretches: readonly number[]): CodedExcerpt[] {
    const { corpus, positions, codes } = this.evidence;
    const excerpts = stretches.map((stretch): CodedExcerpt => {
      const text = this.textOf(stretch);
      const start = (stretch - this.firstOf[text]) * this.length;
      return {
        text,
        start,
        tokens: corpus.texts[text].slice(start, start + this.length),
        codes: new Float32Array(this.length),
        peak: this.peaks[stretch],
      };
    });
    const indexOf = new Int32Array(this.peaks.length).fill(-1);
    for (const [i, stretch] of stretches.entries()) indexOf[stretch] = i;
    for (const [k, position] of positions.entries()) {
      const text = corpus.textOf[position];
      const within = position - corpus.offsets[text];
      const stretch = this.firstOf[text] + Math.floor(within / this.length);
      if (stretch >= this.firstOf[text + 1] || indexOf[stretch] < 0) continue;
      const excerpt = excerpts[indexOf[stretch]];
      excerpt.codes[within - excerpt.start] = codes[k];
    }
    return excerpts;
  }

  /** The text of a stretch. */
  textOf(stretch: number): number {
    let [low, high] = [0, this.firstOf.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.firstOf[middle] <= stretch) low = middle;
      else high = middle;
    }
    return low;
  }
}

/**
 * Tokens of an excerpt. Paulo et al. use 32, for autoencoders whose features are active at one of
 * thousands of tokens. In small dictionaries features are often active at a quarter of the tokens,
 * so no 32 tokens are inactive.
 */
export const EXCERPT_TOKENS = 8;
/** Active excerpts are drawn by tenths of the highest activation, as many weak as strong ones. */
const QUANTILES = 10;
const PER_QUANTILE = 5;
/** Maximal number of excerpts of either kind. */
export const MOST_EXCERPTS = QUANTILES * PER_QUANTILE;

/** The given number of stretches, chosen at random. */
export function drawStretches(from: readonly number[], count: number, rng: Rng): number[] {
  return rng.sample(from.length, count).map((i) => from[i]);
}

/** Active stretches, five from each tenth of the highest activation. */
export function drawOverTenths(firing: readonly number[], rng: Rng): number[] {
  const cut = (quantile: number) => Math.floor((quantile * firing.length) / QUANTILES);
  return Array.from({ length: QUANTILES }, (_, quantile) =>
    drawStretches(firing.slice(cut(quantile), cut(quantile + 1)), PER_QUANTILE, rng),
  ).flat();
}
