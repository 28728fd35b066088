/** R, the linear model that predicts sentiment activation deltas from codes (paper, section 4.3). */
import { RunError, ShapeError } from "../../errors.js";
import type { Rng } from "../../rng.js";
import { mean } from "../../stats/moments.js";
import { quantile } from "../../stats/quantile.js";
import { shuffledWithinSigns } from "../../stats/shuffled-within-signs.js";
import { type CrossFit, crossFit, type LinearFit } from "./cross-fit.js";
import type { DeltaRow, SentimentDeltas } from "./deltas.js";

export type Estimator = "leastSquares" | "ridge";

export const estimators: readonly Estimator[] = ["leastSquares", "ridge"];

/**
 * What R is fitted to. `deltas`: the paper's labels. The others are controls that know less: `signs`: the sign of the delta
 * alone; `shuffledSizes`: true signs, sizes shuffled over all rows; `shuffledWithinPolarity`: whole labels shuffled among rows
 * of the same sign.
 */
export type ProbeLabels = "deltas" | "signs" | "shuffledSizes" | "shuffledWithinPolarity";

export type LabelScaling = "largest" | "percentile";

/** R fitted on all rows. It predicts scaled deltas, -4..4 on the rows it was fitted to. */
export interface LinearProbe {
  /** Per layer one coefficient per feature, layers in the order of the codes. */
  coefficients: { layer: number; values: Float32Array }[];
  intercept: number;
  /** Labels are deltas times this factor, plus the offset. */
  labelScale: number;
  labelOffset: number;
}

export interface ProbeOptions {
  /** The layers that lie side by side in the codes. */
  layers: readonly { layer: number; dSae: number }[];
  /** Further label vectors to fit on the same rows and folds. Default: none. */
  controls?: readonly Exclude<ProbeLabels, "deltas">[];
  /** Default 5. */
  folds?: number;
  /**
   * `word` (default): no row of a word, nor of its triples, is predicted by a model that saw it. `row`: rows go to folds at
   * random, as the authors split theirs into 80% and 20%, so that a word is met in training and a context on both sides; they
   * tested one fifth, here every fifth takes its turn.
   */
  split?: "word" | "row";
  /**
   * `largest` (default): the largest |delta| becomes 4. `percentile`: the 10th percentile of the deltas becomes -4, the 90th 4,
   * and what lies beyond is clamped (authors).
   */
  scaling?: LabelScaling;
  /** Assigns words or rows to folds and shuffles control labels; the same stream gives models of the same triples the same folds. */
  rng: Rng;
  signal?: AbortSignal;
}

export interface ProbeFit {
  labels: ProbeLabels;
  rows: number;
  inputs: number;
  /** Means of unscaled deltas, negative ones with their sign. */
  meanPositiveDelta: number;
  meanNegativeDelta: number;
  /** One factor for all rows, for the lexicon and for "> 3": by default 4 / max |delta| (0 when all deltas are 0). */
  labelScale: number;
  /** Out of fold, over all rows. */
  r2: Record<Estimator, number>;
  /** The strength chosen over all folds, used by `probe.ridge`; penalty on |b|^2 beside the sum of squared errors. */
  ridgeStrength: number;
  probe: Record<Estimator, LinearProbe>;
  /** Fold of every word of the rows; empty when rows were split without regard to words. */
  foldOfWord: ReadonlyMap<string, number>;
  /** Per fold, fitted on the rows of all words outside it. */
  foldFits: Record<Estimator, LinearFit[]>;
  /** What R predicts for each row out of fold, in the order of the rows. */
  outOfFold: Record<Estimator, number>[];
}

const LEXICON_MAXIMUM = 4;
/** Multiples of the mean diagonal of the centred Gram matrix. */
const RIDGE_STRENGTHS = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

/**
 * Fits R with cross-fitting, by default by word (five folds): a row is predicted by the model that was fitted without any row of its
 * word. A fold leaves out both rows of every triple with a word in it. The other row shares the context, so the text would be
 * in training. And it is of the other sign: were it kept, a fold with many positive words would be predicted by a fit with too
 * few positive rows, whose intercept is too low, and so on; that alone gives a rebuilt lexicon a tau below 0.
 *
 * Least squares has minimum norm, constant inputs have coefficient 0. Ridge takes its strength for one fold from the
 * rows of the other folds, so that no row chooses the strength it is tested with.
 * @returns the fit to the deltas, and one per control on the same folds
 * @throws ShapeError when rows and codes do not fit; RunError when a fold leaves no row to fit
 */
export async function fitProbe(
  deltas: SentimentDeltas,
  { layers, controls = [], folds = 5, split = "word", scaling = "largest", rng, signal }: ProbeOptions,
): Promise<{ fit: ProbeFit; controls: ProbeFit[] }> {
  const { rows, codes, inputs } = deltas;
  const width = layers.reduce((sum, { dSae }) => sum + dSae, 0);
  if (width !== inputs || codes.length !== rows.length * inputs) {
    throw new ShapeError(
      `codes have ${codes.length} values for ${rows.length} rows of ${inputs}; the layers' dSae sum to ${width}`,
    );
  }
  const { foldOfWord, foldOf, leftOut } =
    split === "word" ? foldsByWord(rows, folds, rng) : foldsByRow(rows, folds, rng);
  if (leftOut.some((out) => out.length === rows.length)) {
    throw new RunError(`of ${rows.length} rows none is left to fit R on when the words of one fold are left out`, {
      help: "Build more triples, of more words.",
    });
  }
  const kinds: ProbeLabels[] = ["deltas", ...controls];
  const labels = kinds.map((kind) => makeLabels(rows, kind, scaling, rng));
  const cross = await crossFit({
    inputs: codes,
    width,
    labels: labels.map(({ values }) => values),
    leftOut,
    relativeStrengths: [0, ...RIDGE_STRENGTHS],
    signal,
  });
  const fits = kinds.map((kind, l) => {
    const estimates = estimate(cross, l, labels[l].values, foldOf, deltas);
    const asProbe = ({ coefficients, intercept }: LinearFit): LinearProbe => {
      let start = 0;
      const perLayer = layers.map(({ layer, dSae }) => {
        start += dSae;
        return { layer, values: Float32Array.from(coefficients.subarray(start - dSae, start)) };
      });
      return { coefficients: perLayer, intercept, labelScale: labels[l].scale, labelOffset: labels[l].offset };
    };
    return {
      labels: kind,
      rows: rows.length,
      inputs,
      meanPositiveDelta: meanDelta(rows, 1),
      meanNegativeDelta: meanDelta(rows, -1),
      labelScale: labels[l].scale,
      ...estimates,
      probe: {
        leastSquares: asProbe(cross.all[0][l]),
        ridge: asProbe(cross.all[cross.strengths.indexOf(estimates.ridgeStrength)][l]),
      },
      foldOfWord,
    };
  });
  return { fit: fits[0], controls: fits.slice(1) };
}

/** What R predicts at token `t` of a text. @param codes per layer [tokens, dSae], in the order of the probe's layers */
export function predict({ coefficients, intercept }: LinearProbe, codes: readonly Float32Array[], t: number): number {
  let sum = intercept;
  for (const [i, { values }] of coefficients.entries()) {
    const start = t * values.length;
    for (let j = 0; j < values.length; j++) sum += values[j] * codes[i][start + j];
  }
  return sum;
}

/** What a fit predicts for one row of inputs. */
export function predictRow({ coefficients, intercept }: LinearFit, inputs: ArrayLike<number>): number {
  let sum = intercept;
  for (let j = 0; j < coefficients.length; j++) sum += coefficients[j] * inputs[j];
  return sum;
}

interface Folds {
  foldOfWord: Map<string, number>;
  /** Which fold predicts each row. */
  foldOf: number[];
  /** Rows that each fold is fitted without. */
  leftOut: number[][];
}

/** A fold leaves out all rows of all triples with a word in it. */
function foldsByWord(rows: readonly DeltaRow[], folds: number, rng: Rng): Folds {
  const words = [...new Set(rows.map(({ word }) => word))].sort();
  const foldOfWord = new Map(rng.shuffle(words).map((word, i) => [word, i % folds]));
  const foldOf = rows.map(({ word }) => foldOfWord.get(word)!);
  const triplesOf = Array.from({ length: folds }, () => new Set<number>());
  for (const [row, { triple }] of rows.entries()) triplesOf[foldOf[row]].add(triple);
  const leftOut = triplesOf.map((triples) => rows.flatMap(({ triple }, row) => (triples.has(triple) ? [row] : [])));
  return { foldOfWord, foldOf, leftOut };
}

function foldsByRow(rows: readonly DeltaRow[], folds: number, rng: Rng): Folds {
  const foldOf = Array.from(rng.permutation(rows.length), (place) => place % folds);
  const leftOut = Array.from({ length: folds }, (_, fold) => foldOf.flatMap((own, row) => (own === fold ? [row] : [])));
  return { foldOfWord: new Map(), foldOf, leftOut };
}

interface ScaledLabels {
  values: Float64Array;
  scale: number;
  offset: number;
}

function makeLabels(rows: readonly DeltaRow[], kind: ProbeLabels, scaling: LabelScaling, rng: Rng): ScaledLabels {
  const values = Float64Array.from(rows, ({ delta, sign }) => (kind === "signs" ? sign : delta));
  if (kind === "shuffledSizes") {
    const from = rng.permutation(rows.length);
    for (const [row, { sign }] of rows.entries()) values[row] = sign * Math.abs(rows[from[row]].delta);
  }
  if (kind === "shuffledWithinPolarity") {
    const deltas = rows.map(({ delta }) => delta);
    const signs = rows.map(({ sign }) => sign);
    values.set(shuffledWithinSigns(deltas, signs, rng));
  }
  return scaling === "largest" ? scaledByLargest(values) : scaledByPercentiles(values);
}

function scaledByLargest(values: Float64Array): ScaledLabels {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const scale = largest > 0 ? LEXICON_MAXIMUM / largest : 0;
  return { values: values.map((value) => value * scale), scale, offset: 0 };
}

function scaledByPercentiles(values: Float64Array): ScaledLabels {
  const [low, high] = [quantile(values, 0.1), quantile(values, 0.9)];
  const scale = high > low ? (2 * LEXICON_MAXIMUM) / (high - low) : 0;
  const offset = -LEXICON_MAXIMUM - scale * low;
  const clamped = (value: number) => Math.min(LEXICON_MAXIMUM, Math.max(-LEXICON_MAXIMUM, scale * value + offset));
  return { values: values.map(clamped), scale, offset };
}

/** Chooses ridge strengths and gathers what one label vector's fits say out of fold. */
function estimate(
  cross: CrossFit,
  l: number,
  labels: Float64Array,
  foldOf: readonly number[],
  { codes, inputs }: SentimentDeltas,
): Pick<ProbeFit, "r2" | "ridgeStrength" | "foldFits" | "outOfFold"> {
  // [strength][row]
  const predictions = cross.folds.map((perFold) =>
    foldOf.map((fold, row) => predictRow(perFold[fold][l], codes.subarray(row * inputs, (row + 1) * inputs))),
  );
  const ridge = cross.strengths.map((_, s) => s).slice(1);
  const bestStrength = (counts: (row: number) => boolean): number => {
    const errors = ridge.map((s) =>
      labels.reduce((sum, label, row) => (counts(row) ? sum + (label - predictions[s][row]) ** 2 : sum), 0),
    );
    return ridge[errors.indexOf(Math.min(...errors))];
  };
  const strengthOfFold = cross.folds[0].map((_, fold) => bestStrength((row) => foldOf[row] !== fold));
  const outOfFold = foldOf.map((fold, row) => ({
    leastSquares: predictions[0][row],
    ridge: predictions[strengthOfFold[fold]][row],
  }));
  const meanLabel = mean(labels);
  const total = labels.reduce((sum, label) => sum + (label - meanLabel) ** 2, 0);
  const r2 = (of: Estimator) =>
    1 - outOfFold.reduce((sum, predicted, row) => sum + (labels[row] - predicted[of]) ** 2, 0) / total;
  return {
    r2: { leastSquares: r2("leastSquares"), ridge: r2("ridge") },
    ridgeStrength: cross.strengths[bestStrength(() => true)],
    foldFits: {
      leastSquares: cross.folds[0].map((fits) => fits[l]),
      ridge: strengthOfFold.map((s, fold) => cross.folds[s][fold][l]),
    },
    outOfFold,
  };
}

function meanDelta(rows: readonly DeltaRow[], sign: 1 | -1): number {
  const own = rows.filter((row) => row.sign === sign).map(({ delta }) => delta);
  return own.length > 0 ? mean(own) : 0;
}
