/** R fitted to the two models' log-ratios, as the stage probe does, and how it orders words that it was not fitted on. */
import { join } from "node:path";
import {
  fitProbe,
  type RebuiltWord,
  rebuildLexicon,
  sentimentDeltas,
  type Triple,
  tripleLogRatios,
} from "../../src/interpret/index.js";
import { readJsonl } from "../../src/io/jsonl.js";
import type { ModelRole } from "../../src/pipeline/index.js";
import { givenLexicon, loadRole, TEXTS_PER_PASS } from "../../src/pipeline/inputs/models.js";
import { encodersOf, loadSmallDictionaries } from "../../src/pipeline/stages/files/dictionary-files.js";
import { Rng } from "../../src/rng.js";
import { areaUnderCurve, rankSumP } from "./rank-sum.js";
import type { StageRun } from "./stage-run.js";

/**
 * The words of the run's triples by R of one model on its log-ratios against the base model, out of fold by word. For
 * `base` these are of a model against itself.
 */
export async function wordsByR(
  { folder, config, results }: StageRun,
  role: ModelRole,
  signal: AbortSignal,
): Promise<RebuiltWord[]> {
  const triples: Triple[] = [];
  for await (const row of readJsonl(join(folder, "triples.jsonl"))) triples.push(row as Triple);
  const [base, model] = [await loadRole(config, folder, "base"), await loadRole(config, folder, role)];
  try {
    const logRatios = await tripleLogRatios(base, model, triples, { batchSize: TEXTS_PER_PASS, signal });
    const encoders = encodersOf(await loadSmallDictionaries(folder, role, results.divergence!.chosen));
    const { ofCodes } = await sentimentDeltas(model, encoders, triples, { batchSize: TEXTS_PER_PASS, signal });
    const { folds, split, scaling } = config.probe;
    const rng = Rng.fromSeed(config.seed, "R on log-ratios", "folds");
    const { ofLogRatios } = await fitProbe(ofCodes, {
      ...{ layers: encoders, logRatios, folds, split, scaling, rng, signal },
    });
    return rebuildLexicon(ofLogRatios!, ofCodes, givenLexicon(config));
  } finally {
    await Promise.all([base.dispose(), model.dispose()]);
  }
}

/** How a list of values orders words with a positive value and words with a negative one. */
export interface RankedWords {
  /** Share of pairs of a positive and a negative word that are in the right order, and its one-sided exact p-value. */
  area: number;
  pValue: number;
  words: number;
}

/**
 * @param read a number for each word
 * @param values of the words that are ranked; others are left out
 */
export function ofPlantedWords(read: ReadonlyMap<string, number>, values: ReadonlyMap<string, number>): RankedWords {
  const ofSign = (sign: number) =>
    [...values].filter(([word, value]) => Math.sign(value) === sign && read.has(word)).map(([word]) => read.get(word)!);
  const [positive, negative] = [ofSign(1), ofSign(-1)];
  return {
    area: areaUnderCurve(positive, negative),
    pValue: rankSumP(positive, negative),
    words: positive.length + negative.length,
  };
}
