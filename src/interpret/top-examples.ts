/** The texts on which a feature fires most, and which of them an explanation may show. */
import type { FeatureEvidence } from "./collect-evidence.js";

/** The place in one text where a feature fires most, with the tokens around it. */
export interface Example {
  text: number;
  /** Position in the text of the window's first token. */
  start: number;
  /** Position in the text of the highest code. */
  peak: number;
  tokens: number[];
  /** Codes of the window's tokens. */
  activations: number[];
}

/** Texts that an example is taken from, per feature (paper, section 4.4 and the authors' practice). */
const TOP_TEXTS = 20;
/** Tokens shown before and after the peak. */
const WINDOW = { before: 20, after: 11 };

/** The 20 texts with the highest code of the feature, highest first (ties: lower text index); fewer when it fires in fewer. */
export function topExamples(evidence: FeatureEvidence): Example[] {
  const { corpus, positions, codes } = evidence;
  const peaks = new Map<number, number>();
  for (let i = 0; i < positions.length; i++) {
    const text = corpus.textOf[positions[i]];
    const best = peaks.get(text);
    if (best === undefined || codes[i] > codes[best]) peaks.set(text, i);
  }
  const top = [...peaks].sort(([a, i], [b, j]) => codes[j] - codes[i] || a - b).slice(0, TOP_TEXTS);
  return top.map(([text, i]) => {
    const offset = corpus.offsets[text];
    const peak = positions[i] - offset;
    const start = Math.max(0, peak - WINDOW.before);
    const tokens = corpus.texts[text].slice(start, peak + WINDOW.after + 1);
    const activations = tokens.map(() => 0);
    // The positions of one text stand together in order, so the window's lie around the peak.
    let k = i;
    while (k > 0 && positions[k - 1] >= offset + start && positions[k - 1] < positions[k]) k--;
    const end = offset + start + tokens.length;
    for (; k < positions.length && positions[k] >= offset + start && positions[k] < end; k++) {
      activations[positions[k] - offset - start] = codes[k];
    }
    return { text, start, peak, tokens, activations };
  });
}

/**
 * Five of the 20 texts, spread over their ranks (1st, 5th, 9th, ...): what an explanation is made from.
 * The others, and all other texts, are left for scoring it.
 */
export function shownExamples(examples: readonly Example[]): Example[] {
  return examples.filter((_, rank) => rank % (TOP_TEXTS / 5) === 0);
}
