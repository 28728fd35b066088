/**
 * Packs texts of different length without padding between them: several share a row but do not
 * attend to each other.
 */
import type { Tensor } from "../runtime/tensor.js";
import { checkRows, intTensor, longestOf, MASKED } from "./batch.js";
import type { ModelConfig } from "./language-model.js";

/** Texts in rows of one length. */
export interface PackedBatch {
  /** The feeds of `packedInputs`. */
  readonly feeds: Record<string, Tensor>;
  /** The position of each text's first token in the flattened rows. */
  readonly starts: readonly number[];
}

/**
 * The cost of attention is quadratic in the length of a row; much longer rows would lose more than
 * they save in padding.
 */
const ROW_LENGTH = 64;

/**
 * Packs texts into rows of about `ROW_LENGTH` tokens, or of the longest text; the remainder of each
 * row is padding.
 * @throws ShapeError, RewardscopeError as `checkRows`
 */
export function packTexts(texts: readonly (readonly number[])[], config: ModelConfig): PackedBatch {
  checkRows(texts, config);
  const rows = fewestPlaces(texts);
  const batch = rows.length;
  const length = Math.max(...rows.map((row) => lengthOf(texts, row)));
  const ids = new Int32Array(batch * length);
  const positions = new Int32Array(batch * length);
  const causalMask = new Float32Array(batch * length * length).fill(MASKED);
  const starts = new Array<number>(texts.length);
  rows.forEach((row, r) => {
    let first = 0;
    for (const text of row) {
      starts[text] = r * length + first;
      texts[text].forEach((id, t) => {
        const place = first + t;
        ids[r * length + place] = id;
        positions[r * length + place] = t;
        const seen = (r * length + place) * length;
        causalMask.fill(0, seen + first, seen + place + 1);
      });
      first += texts[text].length;
    }
  });
  return {
    feeds: {
      ids: intTensor([batch, length], ids),
      positions: intTensor([batch, length], positions),
      causalMask: { dims: [batch, 1, length, length], data: causalMask },
    },
    starts,
  };
}

function lengthOf(texts: readonly (readonly number[])[], row: readonly number[]): number {
  return row.reduce((sum, text) => sum + texts[text].length, 0);
}

/** The division into rows (indices of texts) with the fewest positions, padding included. */
function fewestPlaces(texts: readonly (readonly number[])[]): number[][] {
  const most = Math.max(ROW_LENGTH * 1.25, longestOf(texts));
  let best = texts.map((_, text) => [text]);
  let fewest = texts.length * longestOf(texts);
  for (let count = 1; count < texts.length; count++) {
    const rows = evenRows(texts, count);
    const length = Math.max(...rows.map((row) => lengthOf(texts, row)));
    if (length > most || count * length >= fewest) continue;
    fewest = count * length;
    best = rows;
  }
  return best;
}

/**
 * `count` rows of similar length: the longest texts first, each added to the shortest row so far.
 */
function evenRows(texts: readonly (readonly number[])[], count: number): number[][] {
  const rows: number[][] = Array.from({ length: count }, () => []);
  const lengths = new Array<number>(count).fill(0);
  const byLength = [...texts.keys()].sort((a, b) => texts[b].length - texts[a].length || a - b);
  for (const text of byLength) {
    const shortest = lengths.indexOf(Math.min(...lengths));
    rows[shortest].push(text);
    lengths[shortest] += texts[text].length;
  }
  return rows;
}
