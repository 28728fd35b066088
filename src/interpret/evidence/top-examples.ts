/** The texts of a feature's highest activations, and the choice of those shown to the explainer. */
import type { FeatureEvidence } from "./collect-evidence.js";

/** The position of a feature's highest activation in one text, with the tokens around it. */
export interface Example {
  text: number;
  /** Position in the text of the window's first token. */
  start: number;
  /** Position in the text of the highest activation. */
  peak: number;
  tokens: number[];
  /** Activations at the window's tokens. */
  activations: number[];
}

/** Tokens shown before and after the peak. */
const WINDOW = { before: 20, after: 11 };

/** Shares of the highest activation at which further examples are taken. */
const LEVELS = [0.75, 0.5, 0.25];

/**
 * The texts of highest activation, highest first (ties: lower text index); fewer if the feature is
 * active in fewer.
 */
export function topExamples(evidence: FeatureEvidence, count: number): Example[] {
  return peaksOfTexts(evidence)
    .slice(0, count)
    .map((i) => exampleAround(evidence, i));
}

/**
 * Examples of weaker activation: for 3/4, 1/2 and 1/4 of the highest activation, the text whose
 * highest activation is nearest to it, no text twice; fewer if the feature is active in fewer
 * texts.
 */
export function examplesAtLevels(evidence: FeatureEvidence): { level: number; example: Example }[] {
  const { codes, maxActivation } = evidence;
  const left = peaksOfTexts(evidence).slice(1);
  return LEVELS.flatMap((level) => {
    const distance = (i: number): number => Math.abs(codes[i] - level * maxActivation);
    if (left.length === 0) return [];
    const nearest = left.reduce((best, i) => (distance(i) < distance(best) ? i : best));
    left.splice(left.indexOf(nearest), 1);
    return [{ level, example: exampleAround(evidence, nearest) }];
  });
}

/**
 * Per text in which the feature is active, the position of its highest activation (an index of the
 * evidence); highest first.
 */
function peaksOfTexts({ corpus, positions, codes }: FeatureEvidence): number[] {
  const peaks = new Map<number, number>();
  for (let i = 0; i < positions.length; i++) {
    const text = corpus.textOf[positions[i]];
    const best = peaks.get(text);
    if (best === undefined || codes[i] > codes[best]) peaks.set(text, i);
  }
  return [...peaks].sort(([a, i], [b, j]) => codes[j] - codes[i] || a - b).map(([, i]) => i);
}

/** The tokens around a position of the evidence, with their activations. */
function exampleAround({ corpus, positions, codes }: FeatureEvidence, i: number): Example {
  const text = corpus.textOf[positions[i]];
  const offset = corpus.offsets[text];
  const peak = positions[i] - offset;
  const start = Math.max(0, peak - WINDOW.before);
  const tokens = corpus.texts[text].slice(start, peak + WINDOW.after + 1);
  const activations = tokens.map(() => 0);
  // The positions of one text are consecutive and ascending, so those of the window are around the
  // peak.
  let k = i;
  while (k > 0 && positions[k - 1] >= offset + start && positions[k - 1] < positions[k]) k--;
  const end = offset + start + tokens.length;
  for (; k < positions.length && positions[k] >= offset + start && positions[k] < end; k++) {
    activations[positions[k] - offset - start] = codes[k];
  }
  return { text, start, peak, tokens, activations };
}

/**
 * Ranks of the examples shown to the explainer, evenly spaced from the first: 0, 4, 8, 12, 16 for 5
 * of 20.
 */
export function shownRanks(count: number, shown: number): ReadonlySet<number> {
  return new Set(
    Array.from({ length: Math.min(count, shown) }, (_, i) => Math.floor((i * count) / Math.min(count, shown))),
  );
}
