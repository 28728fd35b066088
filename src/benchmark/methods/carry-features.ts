/** What features of dictionaries that both models share carry of the change, summed by the features' labels. */
import { textPairs } from "../../interpret/audit/audited-text.js";
import { type FeatureChanges, featureChanges } from "../../interpret/carry/interchange/feature-changes.js";
import type { SharedDictionary } from "../../interpret/index.js";
import { mlpHookPoint } from "../../model/language-model.js";
import { partTokens } from "../../pipeline/inputs/corpus-parts.js";
import { dictionaryStream } from "../../pipeline/inputs/dictionary-stream.js";
import { lossOptions } from "../../pipeline/inputs/loss-options.js";
import { Rng } from "../../rng.js";
import { trainAutoencoders } from "../../sae/index.js";
import { sum } from "../../stats/moments.js";
import { corpusMarks, type Evidence } from "../pair/evidence.js";
import { labelFeatures } from "./label-features.js";
import { groupScore, groupsOf, type Method } from "./method.js";
import { statesAt } from "./states.js";

/** Texts and tokens of training, and features per dimension: less than the default run's, to take less than a minute. */
const [TEXTS, TEXT_TOKENS, VISITS, FACTOR] = [800, 64, 100_000, 2];
/** Prompts whose completions are read, and groups of them, whose values the interval comes from. */
const [PAIRS, GROUPS] = [48, 4];

/** Dictionaries of the middle and the last layer, trained on both models together. */
async function trainShared({ base, tuned, tokenizer, config, name, signal }: Evidence): Promise<SharedDictionary[]> {
  const { nLayers, dModel } = base.config;
  const layers = [...new Set([Math.floor(nLayers / 2), nLayers - 1])];
  const texts = await partTokens(config, "dictionaries", tokenizer, { maxTokens: TEXT_TOKENS, limit: TEXTS, signal });
  const rng = (stream: string) => Rng.fromSeed(config.seed, "benchmark", name, `dictionaries ${stream}`);
  const stream = dictionaryStream(config, [base, tuned], texts, { layers, epochs: 3, rng, signal });
  const specs = layers.map((layer) => ({ layer, name: "shared", dIn: dModel, dSae: FACTOR * dModel }));
  const { trained } = await trainAutoencoders(stream, specs, {
    ...lossOptions(config, dModel),
    ...{ tokenVisits: VISITS, seed: config.seed, signal },
  });
  return trained.map(({ spec: { layer }, autoencoder }) => ({ layer, dictionary: autoencoder }));
}

/** The hypothesis that each feature is labelled with, by the base model's activations on the corpus. */
async function labelsOf(evidence: Evidence, dictionaries: readonly SharedDictionary[], hypotheses: number) {
  const { base, corpus, signal } = evidence;
  const marksOfTokens = Array.from({ length: hypotheses }, (_, h) =>
    Uint8Array.from(corpusMarks(evidence, h).flatMap((own) => [...own])),
  );
  const labels: (number | undefined)[] = [];
  for (const { layer, dictionary } of dictionaries) {
    const states = await statesAt(base, mlpHookPoint(layer), corpus, signal);
    // The first token of a text has no marks.
    const rows = states.map((own) => own.subarray(dictionary.dIn));
    const data = new Float32Array(sum(rows.map(({ length }) => length)));
    let at = 0;
    for (const row of rows) {
      data.set(row, at);
      at += row.length;
    }
    const codes = await dictionary.encode({ dims: [data.length / dictionary.dIn, dictionary.dIn], data });
    labels.push(...labelFeatures(codes.data, dictionary.dSae, marksOfTokens));
  }
  return labels;
}

/**
 * Attributions of features (see `featureChanges`), summed over those with the same label; features without a label
 * count nowhere.
 */
export const carryFeatures: Method = {
  name: "carry-features",
  summary: "what features of shared dictionaries carry of the change, by the property that each is labelled with",
  unit: "nats",
  async rank(evidence, hypotheses) {
    const { base, tuned, signal } = evidence;
    const dictionaries = await trainShared(evidence);
    const labels = await labelsOf(evidence, dictionaries, hypotheses.length);
    const changes: FeatureChanges[] = [];
    for (const group of groupsOf(textPairs(evidence.prompts, evidence.texts, PAIRS), GROUPS))
      changes.push(await featureChanges(base, tuned, dictionaries, group, { signal }));
    return hypotheses.map((_, h) => {
      const own = [...labels.keys()].filter((feature) => labels[feature] === h);
      if (own.length === 0) return null;
      return groupScore(changes.map(({ attribution }) => sum(own.map((feature) => attribution[feature]))));
    });
  },
};
