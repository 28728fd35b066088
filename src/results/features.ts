/** Joins explained features with their labels and scores. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { FormatError } from "../errors.js";
import { readJsonl } from "../io/jsonl.js";
import { readRows } from "./checked.js";
import { featureLabel, labelNumbers, labelsFile } from "./sections/classify.js";
import { explainedFeature, explainedFile } from "./sections/explain.js";
import { explanationScores, featureScores, scoresFile } from "./sections/score.js";
import type { FeatureName } from "./values.js";

/** An explained feature, with its label and scores after the stages classify and score. */
const featureRecord = explainedFeature.extend({
  ...featureLabel.omit({ model: true, layer: true, feature: true }).partial().shape,
  /** Numbers behind the label, and scores of the explanation. */
  scores: labelNumbers.extend(explanationScores.shape).optional(),
});

/** One explained feature: its lines of features.jsonl, labels.jsonl and scores.jsonl in one. */
export interface FeatureRecord extends z.output<typeof featureRecord> {}

/**
 * What the features of a layer were chosen by, the largest first: the cosine with their match, or
 * the change of their mean activation by tuning.
 */
export const choiceOf = ({ cosine, means }: Pick<FeatureRecord, "cosine" | "means">): number =>
  means ? Math.abs(means.tuned - means.base) : (cosine ?? 0);

/**
 * The explained features of a run, in the order of features.jsonl, each with its label and scores
 * if labels.jsonl and scores.jsonl exist. In runs of format 1 these are in features.jsonl.
 * @returns none before the stage explain is done
 * @throws FormatError when a line has another form than its stage writes, or labels or scores are
 *   of other features: a feature has no line or two lines, or a line has no feature; names file and
 *   line
 */
export async function readFeatures(folder: string): Promise<FeatureRecord[]> {
  const at = (name: string) => join(folder, name);
  if (!existsSync(at(explainedFile))) return [];
  const features = await readRows(at(explainedFile), featureRecord, readJsonl);
  const labels = await linesOf(at(labelsFile), featureLabel, features);
  const scores = await linesOf(at(scoresFile), featureScores, features);
  return features.map((feature, i): FeatureRecord => {
    const labelled = { ...feature, ...labels?.[i] };
    if (!scores) return labelled;
    const { detection, fuzzing, simulation } = scores[i];
    return { ...labelled, scores: { ...labelled.scores, detection, fuzzing, simulation } };
  });
}

/**
 * The lines of a file with one line per feature, in the order of the features; undefined if the
 * file does not exist.
 * @throws FormatError when a feature has no line or two lines, or a line has no feature
 */
async function linesOf<Line extends FeatureName>(
  path: string,
  schema: z.ZodType<Line>,
  features: readonly FeatureName[],
): Promise<Line[] | undefined> {
  if (!existsSync(path)) return undefined;
  const refuse = (message: string, line?: number): never => {
    throw new FormatError(path, message, {
      offset: line,
      help: "It is of other features: run the stage that writes it again (--force STAGE).",
    });
  };
  const lines = new Map<string, { value: Line; number: number }>();
  for (const [i, value] of (await readRows(path, schema, readJsonl)).entries()) {
    const before = lines.get(inWords(value));
    if (before) refuse(`line ${i + 1}: ${inWords(value)} has line ${before.number} already`, i + 1);
    lines.set(inWords(value), { value, number: i + 1 });
  }
  const found = features.map((feature, i): Line => {
    const line = lines.get(inWords(feature));
    lines.delete(inWords(feature));
    return line?.value ?? refuse(`expected a line for ${inWords(feature)}, which is line ${i + 1} of ${explainedFile}`);
  });
  for (const [name, { number }] of lines) refuse(`line ${number}: ${name} is not in ${explainedFile}`, number);
  return found;
}

function inWords({ model, layer, feature }: FeatureName): string {
  return `feature ${feature} of layer ${layer} of the ${model} model`;
}
