/** Collects the activations of chosen features on held-out texts in one streaming pass. */
import { RunError } from "../../errors.js";
import type { TextCodes } from "./codes.js";

/**
 * The texts of the evidence, concatenated; position p of the corpus is a token of text textOf[p].
 */
export interface EvidenceCorpus {
  readonly texts: readonly (readonly number[])[];
  /** First position of each text, and at the end the number of all tokens: [texts + 1]. */
  readonly offsets: Int32Array;
  /** [tokens] */
  readonly textOf: Int32Array;
}

/**
 * All non-zero activations of one feature. Each takes eight bytes; nothing else grows with the
 * corpus.
 */
export interface FeatureEvidence {
  readonly layer: number;
  readonly feature: number;
  readonly corpus: EvidenceCorpus;
  /**
   * Corpus positions where the feature is active, [active]; those of one text are consecutive and
   * ascending.
   */
  readonly positions: Int32Array;
  /** The activations there, [active]. */
  readonly codes: Float32Array;
  /** Share of tokens at which the feature is active. */
  readonly density: number;
  /** 0 for a feature that is never active. */
  readonly maxActivation: number;
  readonly meanWhenActive: number;
}

/** The chosen features of one layer; layers are in the order of the encoders of the stream. */
export interface LayerSelection {
  layer: number;
  dSae: number;
  features: readonly number[];
}

/**
 * Collects the activations of the selected features over a stream of texts.
 * @param stream result of `encodeTexts` for `texts`, in any order of texts
 * @param texts the token ids of all texts of the stream
 * @param selection per layer, in the order of the stream's layers
 * @returns one entry per selected feature, layer by layer
 * @throws RunError when the texts have no token
 */
export async function collectEvidence(
  stream: AsyncIterable<TextCodes>,
  texts: readonly (readonly number[])[],
  selection: readonly LayerSelection[],
): Promise<FeatureEvidence[]> {
  const corpus = layOut(texts);
  const tokens = corpus.textOf.length;
  if (tokens === 0)
    throw new RunError("texts to explain features on: expected at least one token, received none", {
      help: "Give at least one held-out text.",
    });
  const columns = selection.map(({ features }) => features.map(() => new SparseColumn()));
  for await (const { text, tokens: row, codes } of stream) {
    for (const [i, { dSae, features }] of selection.entries()) {
      for (let t = 0; t < row.length; t++) {
        for (let j = 0; j < features.length; j++) {
          const code = codes[i][t * dSae + features[j]];
          if (code > 0) columns[i][j].push(corpus.offsets[text] + t, code);
        }
      }
    }
  }
  return selection.flatMap(({ layer, features }, i) =>
    features.map((feature, j) => {
      const { positions, codes } = columns[i][j].finish();
      let sum = 0;
      let max = 0;
      for (const code of codes) {
        sum += code;
        if (code > max) max = code;
      }
      return {
        layer,
        feature,
        corpus,
        positions,
        codes,
        density: codes.length / tokens,
        maxActivation: max,
        meanWhenActive: codes.length > 0 ? sum / codes.length : 0,
      };
    }),
  );
}

function layOut(texts: readonly (readonly number[])[]): EvidenceCorpus {
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i] + text.length;
  const textOf = new Int32Array(offsets[texts.length]);
  for (let i = 0; i < texts.length; i++) textOf.fill(i, offsets[i], offsets[i + 1]);
  return { texts, offsets, textOf };
}

/** Positions and values of a growing sparse column. */
class SparseColumn {
  private positions = new Int32Array(64);
  private codes = new Float32Array(64);
  private length = 0;

  push(position: number, code: number): void {
    if (this.length === this.positions.length) {
      const positions = new Int32Array(this.length * 2);
      const codes = new Float32Array(this.length * 2);
      positions.set(this.positions);
      codes.set(this.codes);
      this.positions = positions;
      this.codes = codes;
    }
    this.positions[this.length] = position;
    this.codes[this.length] = code;
    this.length++;
  }

  finish(): { positions: Int32Array; codes: Float32Array } {
    return { positions: this.positions.slice(0, this.length), codes: this.codes.slice(0, this.length) };
  }
}
