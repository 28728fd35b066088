/** How well features of a dictionary can be explained: detection scores of the explainer that looks for patterns. */

import type { Explanation, TextCodes } from "../../src/interpret/index.js";
import { collectEvidence, ruleExplainer, scoreDetection, summariseDetection } from "../../src/interpret/index.js";
import { evidenceHalves } from "../../src/pipeline/stages/files/evidence-file.js";
import { Rng } from "../../src/rng.js";
import type { Autoencoder } from "../../src/sae/index.js";
import type { StoredActivations } from "./stored-activations.js";

/** Features of a dictionary that are explained, drawn at random; dead ones may be among them. */
const EXPLAINED_FEATURES = 120;

/** What the scores depend on besides dictionary and texts. */
export const detectionSettings = { EXPLAINED_FEATURES };

export interface MeasuredDetection {
  /** Mean balanced accuracy over the features with a score; 0.5 is chance. */
  readonly balancedAccuracy: number;
  /** The same of the explanation of another feature. */
  readonly control: number;
  /** Features with a score: at least 10 active and 10 inactive excerpts. */
  readonly scored: number;
  /** Features for which a pattern was found. */
  readonly explained: number;
}

/** What detection needs besides a dictionary. */
export interface DetectionTexts {
  readonly heldOut: StoredActivations;
  /** Token ids of the same texts. */
  readonly texts: readonly number[][];
  readonly lexicon: ReadonlyMap<string, number>;
  readonly tokenText: (id: number) => string;
  readonly signal: AbortSignal;
}

/**
 * Explains a fixed random sample of features on every second held-out text and scores the explanations on the others, as the stages
 * `explain` and `score` do, by the pattern alone: a feature of many places is to score less than one of a single kind.
 */
export async function measureDetection(
  autoencoder: Autoencoder,
  { heldOut, texts, lexicon, tokenText, signal }: DetectionTexts,
): Promise<MeasuredDetection> {
  const { dSae, layer } = autoencoder;
  const rng = (name: string) => Rng.fromSeed(0, "detection", name);
  const features = rng("features").sample(dSae, Math.min(EXPLAINED_FEATURES, dSae));
  const codes = (await autoencoder.encode(heldOut.x)).data;
  const [[, explaining], [, scoring]] = evidenceHalves([...texts]);
  const evidenceOn = (half: readonly number[][]) =>
    collectEvidence(codesOf(half, texts, heldOut.edges, codes, dSae), half, [{ layer, dSae, features }]);
  const explainer = ruleExplainer({ lexicon, tokenText, rng: rng("explainer") });
  const explanations: Explanation[] = [];
  for (const one of await evidenceOn(explaining)) {
    signal.throwIfAborted();
    const { pattern: found, ...named } = await explainer.explain(one, []);
    if (found === undefined) explanations.push(named);
    else {
      const { also: _, ...pattern } = found;
      explanations.push({ ...named, pattern });
    }
  }
  // Intervals over texts are not shown.
  const resampling = { rng: rng("scores"), resamples: 1 };
  const scores = await scoreDetection(await evidenceOn(scoring), explanations, { explainer, signal, ...resampling });
  const { balancedAccuracy, control, scored } = summariseDetection(scores, resampling);
  return {
    ...{ balancedAccuracy: balancedAccuracy.value, control: control.value, scored },
    explained: explanations.filter(({ pattern }) => pattern !== undefined).length,
  };
}

/** @param codes [tokens of all texts, dSae] */
async function* codesOf(
  half: readonly number[][],
  texts: readonly number[][],
  edges: readonly number[],
  codes: Float32Array,
  dSae: number,
): AsyncGenerator<TextCodes> {
  for (const [text, tokens] of half.entries()) {
    const at = texts.indexOf(tokens);
    yield { text, tokens, codes: [codes.subarray(edges[at] * dSae, edges[at + 1] * dSae)] };
  }
}
