/** Stage: contrastive triples of texts that differ in one word (paper, section 4.3 and Appendix E.2). */
import { join } from "node:path";
import { RunError } from "../errors.js";
import { buildTriples } from "../interpret/index.js";
import { writeJsonl } from "../io/jsonl.js";
import { partTokens } from "./corpus-parts.js";
import { givenLexicon, loadRole, loadRunTokenizer, TEXTS_PER_PASS } from "./models.js";
import type { Stage } from "./stage.js";

export const triplesStage: Stage = {
  name: "triples",
  title: "building contrastive triples",
  needs: [],
  settings: ({ model, corpus, triples, reward: { lexicon } }) => ({ model, corpus, triples, reward: { lexicon } }),
  outputs: ["triples.jsonl"],
  async run({ config, folder, rng, progress, signal, log, writeResults }) {
    const tokenizer = await loadRunTokenizer(config, folder);
    const model = await loadRole(config, folder, "base");
    const maxTokens = Math.min(config.dictionaries.maxTokens, model.config.maxPositions);
    const texts = await partTokens(config, "triples", tokenizer, { maxTokens, signal });
    progress.start(texts.length, "texts");
    const { triples, summary } = await buildTriples({
      model,
      tokenizer,
      lexicon: givenLexicon(config),
      texts,
      ...config.triples,
      batchSize: TEXTS_PER_PASS,
      rng: rng("substitutes"),
      signal,
      onBatch: (done) => progress.update(done),
    });
    progress.end();
    await model.dispose();
    if (triples.length === 0)
      throw new RunError("no text gave a triple", { help: "give more texts: corpus.texts.triples" });
    if (summary.distinctNegatives < config.triples.minDistinctNegatives)
      log(
        `warning: ${summary.distinctNegatives} distinct negative words, fewer than triples.minDistinctNegatives (${config.triples.minDistinctNegatives}); a larger corpus gives more`,
      );
    await writeJsonl(join(folder, "triples.jsonl"), triples);
    await writeResults("triples", summary);
  },
};
