/** The paper's linear reward model R (section 4.3), for one who takes sentiment for the reward. */
import { buildTriples, fitProbe, predict, sentimentDeltas } from "../../interpret/index.js";
import { partTokens } from "../../pipeline/inputs/corpus-parts.js";
import { TEXTS_PER_PASS } from "../../pipeline/inputs/models.js";
import { encodersOf } from "../../pipeline/stages/files/dictionary-files.js";
import { Rng } from "../../rng.js";
import { contrasts } from "./marked-tokens.js";
import type { Method } from "./method.js";
import { textCodes } from "./text-codes.js";
import { chooseTexts } from "./token-inputs.js";

/** Texts that triples are built of, tokens of each, and triples: less than the default run's. */
const [TEXTS, TEXT_TOKENS, TRIPLES] = [1200, 64, 400];

/**
 * R is fitted to the tuned model's contrastive triples of VADER's words, on activations of features, by ridge regression;
 * the paper takes least squares, and dictionaries of the tuned model alone. Hypotheses are valued by R's predictions where
 * the property is against where it is not.
 */
export const paperR: Method = {
  name: "paper-r",
  summary: "the paper's linear model R: contrastive triples of VADER's words, features of the tuned model",
  unit: "standard errors",
  readsFeatures: true,
  async rank(evidence, hypotheses) {
    const { config, name, base, tuned, tokenizer, words, signal } = evidence;
    const { dictionaries } = await evidence.features();
    const encoders = encodersOf(dictionaries);
    const rng = (stream: string) => Rng.fromSeed(config.seed, "benchmark", name, `paper-r ${stream}`);
    const texts = await partTokens(config, "triples", tokenizer, { maxTokens: TEXT_TOKENS, limit: TEXTS, signal });
    const { triples } = await buildTriples({
      ...{ model: base, tokenizer, lexicon: words.lexicon, texts, count: TRIPLES },
      ...{ batchSize: TEXTS_PER_PASS, rng: rng("substitutes"), signal },
    });
    const { ofCodes } = await sentimentDeltas(tuned, encoders, triples, { batchSize: TEXTS_PER_PASS, signal });
    const { fit } = await fitProbe(ofCodes, { layers: encoders, rng: rng("folds"), signal });
    const chosen = chooseTexts(evidence);
    const values: Float64Array[] = [];
    for await (const { text, tokens, codes } of textCodes(evidence, tuned, encoders, chosen))
      values[text] = Float64Array.from(tokens, (_, t) => predict(fit.probe.ridge, codes, t));
    return contrasts(
      evidence,
      hypotheses,
      chosen.map(({ index }) => index),
      values,
    );
  },
};
