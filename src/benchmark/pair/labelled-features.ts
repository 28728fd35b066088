/** Features of dictionaries that both models of a pair share, each labelled with a hypothesis. */
import type { SharedDictionary } from "../../interpret/index.js";
import { mlpHookPoint } from "../../model/language-model.js";
import { partTokens } from "../../pipeline/inputs/corpus-parts.js";
import { dictionaryStream } from "../../pipeline/inputs/dictionary-stream.js";
import { lossOptions } from "../../pipeline/inputs/loss-options.js";
import { Rng } from "../../rng.js";
import { trainAutoencoders } from "../../sae/index.js";
import { sum } from "../../stats/moments.js";
import { hypotheses } from "../hypotheses/hypotheses.js";
import { corpusMarks, type LabelledFeatures, type PairEvidence } from "./evidence.js";
import { labelFeatures } from "./label-features.js";
import { statesAt } from "./states.js";

/** Texts and tokens of training, and features per dimension: less than the default run's, to take less than a minute. */
const [TEXTS, TEXT_TOKENS, VISITS, FACTOR] = [800, 64, 100_000, 2];

/** Trains on the MLP outputs of both models together; labels by the base model's activations on the corpus. */
export async function labelledFeatures(pair: PairEvidence): Promise<LabelledFeatures> {
  const dictionaries = await trainShared(pair);
  return { dictionaries, labels: await labelsOf(pair, dictionaries) };
}

async function trainShared({
  base,
  tuned,
  tokenizer,
  config,
  name,
  signal,
}: PairEvidence): Promise<SharedDictionary[]> {
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

async function labelsOf(pair: PairEvidence, dictionaries: readonly SharedDictionary[]) {
  const { base, corpus, signal } = pair;
  const marksOfTokens = hypotheses.map((_, h) => Uint8Array.from(corpusMarks(pair, h).flatMap((own) => [...own])));
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
