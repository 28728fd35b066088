/**
 * Cross-fitting: least squares and ridge regression of several label vectors on one design, leaving
 * out each fold.
 */
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { gram } from "../../stats/linear/gram.js";
import { startThread } from "../../worker-thread.js";
import { type LinearFit, type Moments, type Regression, solve } from "./regression.js";

export interface CrossFit {
  /** [strength][fold][labels]: fitted on all rows outside the fold. */
  folds: LinearFit[][][];
  /** [strength][labels]: fitted on all rows. */
  all: LinearFit[][];
  /**
   * Penalties of the squared norm of the coefficients, relative to the sum of squared errors; the
   * same for every fold.
   */
  strengths: number[];
}

export interface CrossFitProblem {
  /** [rows, width] */
  inputs: Float32Array;
  width: number;
  /** Each [rows]. */
  labels: readonly Float64Array[];
  /** Per fold the rows left out, ascending. A row may be left out in several folds. */
  leftOut: readonly (readonly number[])[];
  /**
   * As multiples of the mean diagonal of the centred Gram matrix of all rows. 0 is least squares of
   * minimum norm.
   */
  relativeStrengths: readonly number[];
  signal?: AbortSignal;
}

/** Inputs from which on a spectrum takes longer than the start of a thread. */
const WORTH_A_THREAD = 300;

/**
 * Minimises sum (y - X b - c)^2 + strength |b|^2 with a free intercept c, for every strength, fold
 * and label vector. Inputs that are constant over all rows have coefficient 0.
 *
 * The Gram matrix of a fold's fit is that of all rows minus that of the rows left out. One spectrum
 * per fold serves all strengths and label vectors. Memory: about eight times width^2 doubles,
 * where width counts only inputs that vary.
 */
export async function crossFit(problem: CrossFitProblem): Promise<CrossFit> {
  const { inputs, width, leftOut, relativeStrengths, signal } = problem;
  const varying = varyingColumns(inputs, width);
  const read = async (rows: readonly number[]): Promise<Moments> => {
    signal?.throwIfAborted();
    await nextTurn();
    return momentsOf(problem, varying, rows);
  };
  const total = await read(Array.from({ length: inputs.length / width }, (_, row) => row));
  const scale = meanVariation(total);
  const strengths = relativeStrengths.map((relative) => relative * scale);
  const regression = (moments: Moments): Regression => ({ moments, strengths, varying, width });
  const problems = [...leftOut.map((rows) => async () => without(total, await read(rows))), async () => total];
  const fits: LinearFit[][][] = [];
  const thread =
    varying.length >= WORTH_A_THREAD ? startThread(new URL("./regression-thread.js", import.meta.url)) : undefined;
  try {
    for (let i = 0; i < problems.length; i += 2) {
      const pair = [await problems[i](), await problems[i + 1]?.()].filter((moments) => moments !== undefined);
      signal?.throwIfAborted();
      await nextTurn();
      fits.push(...(await solveBoth(pair.map(regression), thread)));
    }
  } finally {
    await thread?.terminate();
  }
  const perFold = fits.slice(0, -1);
  return {
    folds: strengths.map((_, s) => perFold.map((fold) => fold[s])),
    all: fits[fits.length - 1],
    strengths,
  };
}

/** One on the thread, if there is one, and the other here. */
async function solveBoth([first, second]: readonly Regression[], thread: Worker | undefined): Promise<LinearFit[][][]> {
  if (!second) return [solve(first)];
  if (!thread) return [solve(first), solve(second)];
  thread.postMessage(second);
  const reply = once(thread, "message");
  return [solve(first), (await reply)[0]];
}

function varyingColumns(inputs: Float32Array, width: number): number[] {
  const varies = new Uint8Array(width);
  for (let i = width; i < inputs.length; i++) if (inputs[i] !== inputs[i % width]) varies[i % width] = 1;
  return Array.from(varies.keys()).filter((column) => varies[column] === 1);
}

function momentsOf(
  { inputs, width, labels }: CrossFitProblem,
  varying: readonly number[],
  rows: readonly number[],
): Moments {
  const p = varying.length;
  const sums = new Float64Array(p);
  const labelSums = new Float64Array(labels.length);
  const products = labels.map(() => new Float64Array(p));
  let active = 0;
  for (const row of rows) {
    for (const [l, y] of labels.entries()) labelSums[l] += y[row];
    for (let j = 0; j < p; j++) {
      const value = inputs[row * width + varying[j]];
      if (value === 0) continue;
      active++;
      sums[j] += value;
      for (const [l, y] of labels.entries()) products[l][j] += y[row] * value;
    }
  }
  const fillRow = (i: number, row: Float64Array) => {
    for (let j = 0; j < p; j++) row[j] = inputs[rows[i] * width + varying[j]];
  };
  const density = active / Math.max(1, rows.length * p);
  return { rows: rows.length, sums, gram: gram(rows.length, p, fillRow, density), labelSums, products };
}

function without(all: Moments, some: Moments): Moments {
  const less = (x: Float64Array, y: Float64Array) => x.map((value, i) => value - y[i]);
  return {
    rows: all.rows - some.rows,
    sums: less(all.sums, some.sums),
    gram: less(all.gram, some.gram),
    labelSums: less(all.labelSums, some.labelSums),
    products: all.products.map((product, l) => less(product, some.products[l])),
  };
}

/** Mean over inputs of the sum of squared deviations from the mean. */
function meanVariation({ rows, sums, gram }: Moments): number {
  const p = sums.length;
  let variation = 0;
  for (let i = 0; i < p; i++) variation += gram[i * p + i] - sums[i] ** 2 / rows;
  return p > 0 ? variation / p : 0;
}
