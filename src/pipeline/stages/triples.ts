/**
 * Stage: contrastive triples of texts that differ in one word (paper, section 4.3 and Appendix
 * E.2).
 */
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import { llmSettings } from "../../config/llm-settings.js";
import { RunError } from "../../errors.js";
import { buildTriples, llmSubstitutes, TripleWords, textsForTriples } from "../../interpret/index.js";
import { writeJsonl } from "../../io/jsonl.js";
import { loadPrompts } from "../../text/prompts.js";
import { mostTriples, partTokens } from "../inputs/corpus-parts.js";
import { configuredChat, keptSoFar, logEstimate } from "../inputs/llm.js";
import { givenLexicon, loadRole, loadRunTokenizer, TEXTS_PER_PASS } from "../inputs/models.js";
import type { TextNeed } from "../run/requirements.js";
import type { Stage } from "../run/stage.js";

/** Texts with words of the triples within the tokens that are read. */
function wordsNeed({ maxTokens }: Config["dictionaries"]): TextNeed {
  return {
    part: "triples",
    expected:
      "texts in which 2 positive, 2 negative and 1 neutral word of one token occur 5 times, the positive ones behind 4 tokens or more",
    begin(words) {
      const found = new TripleWords(words);
      return (ids) => {
        found.add(ids.slice(0, maxTokens));
        return found.enough();
      };
    },
  };
}

export const triplesStage: Stage = {
  name: "triples",
  title: "building contrastive triples",
  needs: [],
  settings: (config) => {
    const { model, corpus, triples, reward } = config;
    const asked = triples.substitutions === "llm" ? { explainer: llmSettings(config) } : {};
    return { model, corpus, triples, reward: { lexicon: reward.lexicon }, ...asked };
  },
  outputs: ["triples.jsonl"],
  work: (config, { contextTokens }) => ({ readTokens: textsForTriples(mostTriples(config)) * contextTokens }),
  requires: ({ dictionaries, triples }) => ({ texts: [wordsNeed(dictionaries)], llm: triples.substitutions === "llm" }),
  async run(context) {
    const { config, folder, rng, progress, signal, log, writeResults } = context;
    const { substitutions, ...sizes } = config.triples;
    const tokenizer = await loadRunTokenizer(config, folder);
    const model = await loadRole(config, folder, "base");
    const maxTokens = Math.min(config.dictionaries.maxTokens, model.config.maxPositions);
    const texts = await partTokens(config, "triples", tokenizer, { maxTokens, signal });
    const chat = substitutions === "llm" ? await configuredChat(context) : undefined;
    if (chat) {
      const asked = Math.min(texts.length, textsForTriples(sizes.count));
      logEstimate(context, chat, { features: 0, examplesShown: 0, texts: asked });
    }
    progress.start(texts.length, "texts");
    const { triples, summary } = await buildTriples({
      model,
      tokenizer,
      lexicon: givenLexicon(config),
      texts,
      ...sizes,
      propose: chat && llmSubstitutes(chat, loadPrompts(config.explainer.prompts)),
      batchSize: TEXTS_PER_PASS,
      rng: rng("substitutes"),
      signal,
      onBatch: (done) => progress.update(done),
    });
    progress.end();
    await model.dispose();
    if (triples.length === 0)
      throw new RunError("contrastive triples: expected at least one, received none", {
        help: "Give more texts: corpus.texts.triples.",
      });
    if (summary.distinctNegatives < config.triples.minDistinctNegatives)
      log(
        `warning: the triples have ${summary.distinctNegatives} distinct negative words, fewer than triples.minDistinctNegatives (${config.triples.minDistinctNegatives}); a larger corpus gives more`,
      );
    if (chat && summary.proposed) {
      const { negatives, neutrals } = summary.proposed;
      log(
        `of ${summary.triples} triples, ${negatives} negative and ${neutrals} neutral words are proposals of ${chat.model}, the others were sampled from the base model; ${keptSoFar(chat, config)} so far`,
      );
    }
    await writeJsonl(join(folder, "triples.jsonl"), triples);
    await writeResults("triples", summary);
  },
};
