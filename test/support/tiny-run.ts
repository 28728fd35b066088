/** What runs on a tiny random model are made of: texts and settings. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assetPath } from "../../src/assets.js";
import { Rng } from "../../src/rng.js";

/** Texts of made-up sentences with words of the lexicon and of the vocabulary in them; a few are odd on purpose. */
export function corpusLines(count: number, vocabulary: readonly string[], name = "corpus"): string {
  const rng = Rng.fromSeed(5, name);
  const pick = (words: readonly string[]) => words[rng.integer(words.length)];
  const verdicts =
    "good great bad terrible boring funny sad awful nice wonderful poor dull brilliant weak horrible lovely perfect stupid worst best".split(
      " ",
    );
  const word = () => pick(vocabulary);
  const sentence = () =>
    `The ${word()} ${word()} was a ${pick([pick(verdicts), word()])} ${word()} and felt ${pick(verdicts)}.`;
  const odd = ["", "   ", "🎬".repeat(80), `${"a".repeat(100_000)} good`, "<br /><br />", "\ud83d"];
  const texts = Array.from({ length: count }, (_, i) => odd[i] ?? Array.from({ length: 5 }, sentence).join(" "));
  return texts.map((text) => `${JSON.stringify({ text })}\n`).join("");
}

/** Lower-case words that are one token with the space before them. */
export async function plainWords(): Promise<string[]> {
  const { model } = JSON.parse(await readFile(join(assetPath("embedded"), "tokenizer.json"), "utf8"));
  return Object.keys(model.vocab as Record<string, number>).flatMap(
    (token) => /^Ġ([a-z]{4,})$/.exec(token)?.slice(1) ?? [],
  );
}

/** Settings by path: as little of everything as all stages can do with. */
export const smallSettings = {
  "corpus.splits.tune": "all",
  "corpus.splits.rest": "all",
  "corpus.texts.tune": 60,
  "corpus.texts.dictionaries": 60,
  "corpus.texts.triples": 140,
  "corpus.texts.evaluate": 16,
  "corpus.texts.frequency": 20,
  "ppo.batches": 3,
  "ppo.batchSize": 8,
  "ppo.miniBatchSize": 4,
  "ppo.sampleEvery": 1,
  "ppo.evaluation.prompts": 16,
  "ppo.evaluation.promptTokens": 12,
  "ppo.evaluation.newTokens": 8,
  "layers.count": 2,
  "dictionaries.l1Coef": 0.0001,
  "features.topK": 6,
  "features.examplesPerFeature": 4,
  "features.examplesShown": 2,
  "triples.minDistinctNegatives": 2,
  "explainer.permutations": 50,
  "statistics.resamples": 50,
  "ablation.prompts": 16,
  "ablation.promptTokens": 12,
  "ablation.newTokens": 8,
  "ablation.draws": 2,
};
