/**
 * The probe R: a linear model of sentiment activation deltas on feature activations (paper, section
 * 4.3).
 */
import { RunError, ShapeError } from "../../errors.js";
import type { Rng } from "../../rng.js";
import { mean } from "../../stats/moments.js";
import { quantile } from "../../stats/quantile.js";
import { shuffledWithinSigns } from "../../stats/shuffled-within-signs.js";
import { type CrossFit, crossFit } from "./cross-fit.js";
import type { DeltaRow, SentimentDeltas } from "./deltas.js";
import type { LinearFit } from "./regression.js";

/** How R is fitted: least squares of minimum norm, or ridge with a cross-validated strength. */
export type Estimator = "leastSquares" | "ridge";

/** Both estimators. */
export const estimators: readonly Estimator[] = ["leastSquares", "ridge"];

/**
 * Labels that R is fitted to. `deltas`: the paper's labels. Controls with less information:
 * `signs`: only the sign of the delta; `shuffledSizes`: true signs, absolute values shuffled over
 * all rows; `shuffledWithinPolarity`: labels shuffled among rows of the same sign.
 * `logRatios`: not a control, but the log-ratios of `tripleLogRatios`.
 */
export type ProbeLabels = "deltas" | "signs" | "shuffledSizes" | "shuffledWithinPolarity" | "logRatios";

export type LabelScaling = "largest" | "percentile";

/** R fitted on all rows. It predicts scaled deltas, -4..4 on the rows it was fitted to. */
export interface LinearProbe {
  /** Per layer one coefficient per feature, layers in the order of the inputs. */
  coefficients: { layer: number; values: Float32Array }[];
  intercept: number;
  /** Labels are deltas times this factor, plus the offset. */
  labelScale: number;
  labelOffset: number;
}

/** Layers, labels, folds and scaling of R. */
export interface ProbeOptions {
  /** The layers that are concatenated in the inputs. */
  layers: readonly { layer: number; dSae: number }[];
  /** Further label vectors to fit on the same rows and folds. Default: none. */
  controls?: readonly Exclude<ProbeLabels, "deltas" | "logRatios">[];
  /** Further labels, one per row, fitted on the same rows and folds; see `tripleLogRatios`. */
  logRatios?: Float64Array;
  /** Default 5. */
  folds?: number;
  /**
   * `word` (default): every row is predicted by a model that was fitted without the row's word and
   * without the triples of the word. `row`: rows are assigned to folds at random, as in the
   * authors' split into 80% and 20%, so that words and contexts are in both training and test. The
   * authors tested one fifth; here each fifth is tested once.
   */
  split?: "word" | "row";
  /**
   * `largest` (default): the largest |delta| becomes 4. `percentile`: the 10th percentile of the
   * deltas becomes -4 and the 90th 4, and values beyond are clamped (authors).
   */
  scaling?: LabelScaling;
  /**
   * Assigns words or rows to folds and shuffles control labels; with equal streams, models of the
   * same triples have equal folds.
   */
  rng: Rng;
  signal?: AbortSignal;
}

/** R, fitted to all rows, and what it predicts for rows that each fit had left out. */
export interface ProbeFit {
  labels: ProbeLabels;
  rows: number;
  inputs: number;
  /** Means of unscaled deltas, negative ones with their sign. */
  meanPositiveDelta: number;
  meanNegativeDelta: number;
  /**
   * The factor of all rows, of the lexicon and of the threshold 3: by default 4 / max |delta| (0
   * when all deltas are 0).
   */
  labelScale: number;
  /** Out of fold, over all rows. */
  r2: Record<Estimator, number>;
  /**
   * The strength chosen over all folds, for `probe.ridge`: the penalty of |b|^2 relative to the sum
   * of squared errors.
   */
  ridgeStrength: number;
  probe: Record<Estimator, LinearProbe>;
  /** Fold of every word of the rows; empty when rows were split at random. */
  foldOfWord: ReadonlyMap<string, number>;
  /** Per fold, fitted on the rows of all words outside it. */
  foldFits: Record<Estimator, LinearFit[]>;
  /** R's out-of-fold prediction for each row, in the order of the rows. */
  outOfFold: Record<Estimator, number>[];
}

const LEXICON_MAXIMUM = 4;
/** Multiples of the mean diagonal of the centred Gram matrix. */
const RIDGE_STRENGTHS = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

/**
 * Fits R with cross-fitting, by default by word (five folds): a row is predicted by the model that
 * was fitted without any row of its word. A fold leaves out both rows of every triple with a word
 * in it, for two reasons. The other row shares the context, so the text would be in training. It
 * also has the other sign: if it were kept, a fold with many positive words would be predicted by a
 * fit with too few positive rows, whose intercept is too low, and vice versa; this alone would give
 * the rebuilt lexicon a tau below 0.
 *
 * Least squares has minimum norm; constant inputs have coefficient 0. The ridge strength of a fold
 * is chosen on the rows of the other folds, so that no row influences the strength it is tested
 * with.
 * @returns the fit to the deltas, one per control on the same folds, and the one to the log-ratios
 *   if they are given
 * @throws ShapeError when the numbers of rows, inputs and log-ratios do not agree; RunError when
 *   leaving out a fold leaves no row
 */
export async function fitProbe(
  deltas: SentimentDeltas,
  { layers, controls = [], logRatios, folds = 5, split = "word", scaling = "largest", rng, signal }: ProbeOptions,
): Promise<{ fit: ProbeFit; controls: ProbeFit[]; ofLogRatios?: ProbeFit }> {
  const { rows, codes, inputs } = deltas;
  const width = layers.reduce((sum, { dSae }) => sum + dSae, 0);
  if (width !== inputs || codes.length !== rows.length * inputs) {
    throw new ShapeError(
      `inputs of R: expected ${rows.length} rows of ${width} values, the sum of the layers' dSae, received ${codes.length} values in rows of ${inputs}`,
    );
  }
  if (logRatios && logRatios.length !== rows.length)
    throw new ShapeError(`log-ratios: expected one for each of ${rows.length} rows, received ${logRatios.length}`);
  const { foldOfWord, foldOf, leftOut } =
    split === "word" ? foldsByWord(rows, folds, rng) : foldsByRow(rows, folds, rng);
  if (leftOut.some((out) => out.length === rows.length)) {
    throw new RunError(`rows to fit R on: leaving out the words of one fold leaves none of ${rows.length}`, {
      help: "Build more triples, of more words.",
    });
  }
  const kinds: ProbeLabels[] = ["deltas", ...controls];
  const labels = kinds.map((kind) => scaled(makeLabels(rows, kind, rng), scaling));
  if (logRatios) {
    kinds.push("logRatios");
    // Scaling by percentiles would shift 0, which means no change by tuning.
    labels.push(scaledByLargest(logRatios));
  }
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
  return { fit: fits[0], controls: fits.slice(1, 1 + controls.length), ofLogRatios: fits.at(1 + controls.length) };
}

/**
 * R's prediction at token `t` of a text.
 * @param codes feature activations per layer [tokens, dSae], in the order of R's layers
 */
export function predict({ coefficients, intercept }: LinearProbe, codes: readonly Float32Array[], t: number): number {
  let sum = intercept;
  for (const [i, { values }] of coefficients.entries()) {
    const start = t * values.length;
    for (let j = 0; j < values.length; j++) sum += values[j] * codes[i][start + j];
  }
  return sum;
}

/** A fit's prediction for one row of inputs. */
export function predictRow({ coefficients, intercept }: LinearFit, inputs: ArrayLike<number>): number {
  let sum = intercept;
  for (let j = 0; j < coefficients.length; j++) sum += coefficients[j] * inputs[j];
  return sum;
}

interface Folds {
  foldOfWord: Map<string, number>;
  /** The fold that predicts each row. */
  foldOf: number[];
  /** The rows that the fit of each fold leaves out. */
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

function makeLabels(rows: readonly DeltaRow[], kind: ProbeLabels, rng: Rng): Float64Array {
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
  return values;
}

const scaled = (values: Float64Array, scaling: LabelScaling): ScaledLabels =>
  scaling === "largest" ? scaledByLargest(values) : scaledByPercentiles(values);

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

/** Chooses ridge strengths and collects the out-of-fold predictions of one label vector's fits. */
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
  // Equal labels have no variance to explain.
  const r2 = (of: Estimator) =>
    total === 0
      ? 0
      : 1 - outOfFold.reduce((sum, predicted, row) => sum + (labels[row] - predicted[of]) ** 2, 0) / total;
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
