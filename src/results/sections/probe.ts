/**
 * The files of the stage probe: the linear reward model R and the lexicon that it rebuilds (paper,
 * sections 4.3 and 5.1, Tables 4 and 11).
 */
import { join } from "node:path";
import { z } from "zod";
import { readCsv, writeCsv } from "../../io/csv.js";
import { writeJsonl } from "../../io/jsonl.js";
import { numberCell, numberCellOrEmpty, readRows } from "../checked.js";
import { estimator, interval, kendallResult, modelRole, number } from "../values.js";

/** R of one model, and the rank agreement of its lexicon with the true one. */
const probeOfModel = z.object({
  model: modelRole,
  rows: number,
  inputs: number,
  words: number,
  /** Means of unscaled deltas, negative ones with their sign. */
  meanPositiveDelta: number,
  meanNegativeDelta: number,
  /**
   * The factor of all rows, of the lexicon and of the threshold 3: by default 4 / max |delta| (0
   * when all deltas are 0).
   */
  labelScale: number,
  /** Out of fold, over all rows. */
  r2: z.object({ leastSquares: number, ridge: number }),
  /**
   * The strength chosen over all folds: the penalty of |b|^2 relative to the sum of squared errors.
   */
  ridgeStrength: number,
  /** Share of words whose least squares value has the sign of the true one. */
  signAgreement: interval,
  kendall: z.array(z.object({ estimator, words: z.enum(["all", "negative", "positive"]), result: kendallResult })),
});

/** Section `probe`. */
export const probeResults = z.object({
  models: z.array(probeOfModel),
  /**
   * If requested: tau of the words' strings in the two orders, as in the authors' code; it does not
   * measure the agreement of values.
   */
  tokenStrings: z.array(z.object({ model: modelRole, tau: number, pValue: number })).optional(),
  /** tau(tuned) - tau(base) over the same words, least squares and ridge. */
  tauDifference: z.array(z.object({ estimator, difference: interval })),
  /**
   * R fitted to log-ratios (those of the triples' words, centred) instead of deltas, on the same
   * rows, feature activations and folds. Absent in runs of earlier versions.
   */
  onLogRatios: z
    .array(
      z.object({
        model: modelRole,
        /** Factor of log-ratios in nats; by default 4 / max |log-ratio|, or 0 for equal models. */
        labelScale: number,
        /** Out of fold, over all rows; 0 for equal models. */
        r2: z.object({ leastSquares: number, ridge: number }),
        /** Rank agreement of its rebuilt lexicon with the true one, over all words. */
        kendall: z.array(z.object({ estimator, result: kendallResult })),
      }),
    )
    .optional(),
  /**
   * Rank correlation of control probes of the tuned model, by their labels. `rawActivations`: the
   * same labels predicted from MLP outputs instead of feature activations.
   */
  controls: z.array(z.object({ labels: z.string(), estimator, kendall: kendallResult })),
  /** Table 10's thirty words and whether they could be rebuilt. */
  paperWords: z.array(
    z.object({
      word: z.string(),
      trueValue: number,
      tuned: z.number().nullable(),
      base: z.number().nullable(),
      paper: number,
    }),
  ),
});

/** A row of lexicon.csv: one word of both models; null where a model did not rebuild it. */
export const lexiconRow = z.object({
  word: z.string(),
  trueValue: numberCell,
  tuned: numberCellOrEmpty,
  tunedRidge: numberCellOrEmpty,
  tunedOccurrences: numberCell,
  base: numberCellOrEmpty,
  baseRidge: numberCellOrEmpty,
  baseOccurrences: numberCell,
});

/** A line of deltas.jsonl: the sentiment activation delta of a triple's word. */
export const deltaPoint = z.object({
  model: modelRole,
  /** Index of the triple. */
  triple: z.number(),
  word: z.string(),
  sign: z.union([z.literal(1), z.literal(-1)]),
  /** Positive for a positive word, negative for a negative one, before scaling. */
  delta: number,
});

/** R of one model and one estimator, with its agreement with the lexicon. */
export interface ProbeOfModel extends z.output<typeof probeOfModel> {}
/** Section `probe` of results.json. */
export interface ProbeResults extends z.output<typeof probeResults> {}
/** One row of lexicon.csv: a word with its given and its rebuilt values. */
export interface LexiconRow extends z.output<typeof lexiconRow> {}
/** One line of deltas.jsonl: the delta of one word of a triple. */
export interface DeltaPoint extends z.output<typeof deltaPoint> {}

const lexiconFile = (folder: string) => join(folder, "lexicon.csv");

/** Writes lexicon.csv of a run folder, atomically. */
export function writeLexicon(folder: string, rows: readonly LexiconRow[]): Promise<void> {
  return writeCsv(lexiconFile(folder), rows);
}

/**
 * Reads lexicon.csv of a run folder.
 * @throws FormatError when it is missing, or a row has another form than probe writes
 */
export function readLexicon(folder: string): Promise<LexiconRow[]> {
  return readRows(lexiconFile(folder), lexiconRow, readCsv);
}

/** Writes deltas.jsonl of a run folder, atomically. */
export function writeDeltas(folder: string, lines: readonly DeltaPoint[]): Promise<void> {
  return writeJsonl(join(folder, "deltas.jsonl"), lines);
}
