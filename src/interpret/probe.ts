/** R, the linear model that predicts sentiment activation deltas from codes (paper, section 4.3). */
import { RunError, ShapeError } from "../errors.js";
import type { Rng } from "../rng.js";
import { type CrossFit, crossFit, type LinearFit } from "./cross-fit.js";
import type { DeltaRow, SentimentDeltas } from "./deltas.js";

export type Estimator = "leastSquares" | "ridge";

/**
 * What R is fitted to. `deltas`: the paper's labels. The others are controls that know less: `signs`: the sign of the delta
 * alone; `shuffledSizes`: true signs, sizes shuffled over all rows; `shuffledWithinPolarity`: whole labels shuffled among rows
 * of the same sign.
 */
export type ProbeLabels = "deltas" | "signs" | "shuffledSizes" | "shuffledWithinPolarity";

/** R fitted on all rows. It predicts scaled deltas, -4..4 on the rows it was fitted to. */
export interface LinearProbe {
  /** Per layer one coefficient per feature, layers in the order of the codes. */
  coefficients: { layer: number; values: Float32Array }[];
  intercept: number;
  /** Labels are deltas times this factor. */
  labelScale: number;
}

export interface ProbeOptions {
  /** The layers that lie side by side in the codes. */
  layers: readonly { layer: number; dSae: number }[];
  /** Further label vectors to fit on the same rows and folds. Default: none. */
  controls?: readonly Exclude<ProbeLabels, "deltas">[];
  /** Folds by word. Default 5. */
  folds?: number;
  /** Assigns words to folds and shuffles control labels; the same stream gives models of the same triples the same folds. */
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
  /** 4 / max |label|: one factor for all rows, for the lexicon and for "> 3" (0 when all labels are 0). */
  labelScale: number;
  /** Out of fold, over the rows that were tested. */
  r2: Record<Estimator, number>;
  /** The strength chosen over all folds, used by `probe.ridge`; penalty on |b|^2 beside the sum of squared errors. */
  ridgeStrength: number;
  probe: Record<Estimator, LinearProbe>;
  /** Fold of every word of the rows. */
  foldOfWord: ReadonlyMap<string, number>;
  /** Per fold, fitted on the rows of all words outside it. */
  foldFits: Record<Estimator, LinearFit[]>;
  /** The rows that were tested: index of the row and what R predicts out of fold. */
  tested: { row: number; leastSquares: number; ridge: number }[];
}

const LEXICON_MAXIMUM = 4;
/** Multiples of the mean diagonal of the centred Gram matrix. */
const RIDGE_STRENGTHS = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

/**
 * Fits R with cross-fitting by word (five folds): a row is predicted by the model that was fitted without any row of its
 * word. A triple's two rows share their context, so a row is tested only when its triple's other word is in the same fold;
 * otherwise its text would have been in training.
 *
 * Least squares has minimum norm, constant inputs have coefficient 0. Ridge takes its strength for one fold from the tested
 * rows of the other folds, so that no row chooses the strength it is tested with.
 * @returns the fit to the deltas, and one per control on the same folds
 * @throws ShapeError when rows and codes do not fit; RunError when no row could be tested
 */
export async function fitProbe(
  deltas: SentimentDeltas,
  { layers, controls = [], folds = 5, rng, signal }: ProbeOptions,
): Promise<{ fit: ProbeFit; controls: ProbeFit[] }> {
  const { rows, codes, inputs } = deltas;
  const width = layers.reduce((sum, { dSae }) => sum + dSae, 0);
  if (width !== inputs || codes.length !== rows.length * inputs) {
    throw new ShapeError(
      `codes have ${codes.length} values for ${rows.length} rows of ${inputs}; the layers' dSae sum to ${width}`,
    );
  }
  const foldOfWord = assignFolds(rows, folds, rng);
  const foldOf = rows.map(({ word }) => foldOfWord.get(word)!);
  const tested = testableRows(rows, foldOf);
  if (tested.length < 2) {
    throw new RunError(`no row of ${rows.length} can be tested on words and texts that R was not fitted on`, {
      help: "Build more triples.",
    });
  }
  const kinds: ProbeLabels[] = ["deltas", ...controls];
  const labels = kinds.map((kind) => makeLabels(rows, kind, rng));
  const cross = await crossFit({
    inputs: codes,
    width,
    labels: labels.map(({ values }) => values),
    foldOf,
    nFolds: folds,
    relativeStrengths: [0, ...RIDGE_STRENGTHS],
    signal,
  });
  const fits = kinds.map((kind, l) => {
    const estimates = estimate(cross, l, labels[l].values, tested, foldOf, deltas);
    const asProbe = ({ coefficients, intercept }: LinearFit): LinearProbe => {
      let start = 0;
      const perLayer = layers.map(({ layer, dSae }) => {
        start += dSae;
        return { layer, values: Float32Array.from(coefficients.subarray(start - dSae, start)) };
      });
      return { coefficients: perLayer, intercept, labelScale: labels[l].scale };
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

function assignFolds(rows: readonly DeltaRow[], folds: number, rng: Rng): Map<string, number> {
  const words = [...new Set(rows.map(({ word }) => word))].sort();
  return new Map(rng.shuffle(words).map((word, i) => [word, i % folds]));
}

/** Rows of triples whose two words are in one fold: when that fold is left out, nothing of the text is in training. */
function testableRows(rows: readonly DeltaRow[], foldOf: readonly number[]): number[] {
  const foldsOfTriple = new Map<number, Set<number>>();
  for (const [row, { triple }] of rows.entries()) {
    foldsOfTriple.set(triple, (foldsOfTriple.get(triple) ?? new Set()).add(foldOf[row]));
  }
  return rows.flatMap(({ triple }, row) => (foldsOfTriple.get(triple)!.size === 1 ? [row] : []));
}

function makeLabels(rows: readonly DeltaRow[], kind: ProbeLabels, rng: Rng): { values: Float64Array; scale: number } {
  const values = Float64Array.from(rows, ({ delta, sign }) => (kind === "signs" ? sign : delta));
  if (kind === "shuffledSizes") {
    const from = rng.permutation(rows.length);
    for (const [row, { sign }] of rows.entries()) values[row] = sign * Math.abs(rows[from[row]].delta);
  }
  if (kind === "shuffledWithinPolarity") {
    for (const sign of [1, -1]) {
      const own = rows.flatMap((row, i) => (row.sign === sign ? [i] : []));
      const from = rng.shuffle([...own]);
      for (const [i, row] of own.entries()) values[row] = rows[from[i]].delta;
    }
  }
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const scale = largest > 0 ? LEXICON_MAXIMUM / largest : 0;
  return { values: values.map((value) => value * scale), scale };
}

/** Chooses ridge strengths and gathers what one label vector's fits say out of fold. */
function estimate(
  cross: CrossFit,
  l: number,
  labels: Float64Array,
  tested: readonly number[],
  foldOf: readonly number[],
  { codes, inputs }: SentimentDeltas,
): Pick<ProbeFit, "r2" | "ridgeStrength" | "foldFits" | "tested"> {
  // [strength][tested]
  const predictions = cross.folds.map((perFold) =>
    tested.map((row) => predictRow(perFold[foldOf[row]][l], codes.subarray(row * inputs, (row + 1) * inputs))),
  );
  const ridge = cross.strengths.map((_, s) => s).slice(1);
  const bestStrength = (counts: (row: number) => boolean): number => {
    const errors = ridge.map((s) =>
      tested.reduce((sum, row, i) => (counts(row) ? sum + (labels[row] - predictions[s][i]) ** 2 : sum), 0),
    );
    return ridge[errors.indexOf(Math.min(...errors))];
  };
  const strengthOfFold = cross.folds[0].map((_, fold) => bestStrength((row) => foldOf[row] !== fold));
  const results = tested.map((row, i) => ({
    row,
    leastSquares: predictions[0][i],
    ridge: predictions[strengthOfFold[foldOf[row]]][i],
  }));
  const mean = tested.reduce((sum, row) => sum + labels[row], 0) / tested.length;
  const total = tested.reduce((sum, row) => sum + (labels[row] - mean) ** 2, 0);
  const r2 = (of: Estimator) =>
    1 - results.reduce((sum, result) => sum + (labels[result.row] - result[of]) ** 2, 0) / total;
  return {
    r2: { leastSquares: r2("leastSquares"), ridge: r2("ridge") },
    ridgeStrength: cross.strengths[bestStrength(() => true)],
    foldFits: {
      leastSquares: cross.folds[0].map((fits) => fits[l]),
      ridge: strengthOfFold.map((s, fold) => cross.folds[s][fold][l]),
    },
    tested: results,
  };
}

function meanDelta(rows: readonly DeltaRow[], sign: 1 | -1): number {
  const own = rows.filter((row) => row.sign === sign);
  return own.length > 0 ? own.reduce((sum, { delta }) => sum + delta, 0) / own.length : 0;
}
