/**
 * What the Python side of `bench/default-run.ts` is given of a finished default run: its settings, texts as token ids, the
 * texts of tokens and the word lists. No result of the run is among them.
 */
import { writeFileSync } from "node:fs";
import { assetPath } from "../../src/assets.js";
import { topicWords } from "../../src/interpret/words/topics.js";
import { wordLists } from "../../src/interpret/words/word-lists.js";
import { type Part, partTexts, partTokens } from "../../src/pipeline/inputs/corpus-parts.js";
import { dictionaryTexts } from "../../src/pipeline/inputs/dictionary-texts.js";
import { givenLexicon, loadRunTokenizer } from "../../src/pipeline/inputs/models.js";
import { readRunRecord } from "../../src/pipeline/run/run-record.js";
import { readPrompts } from "../../src/rlhf/rollout.js";

/** @param folder a finished run of the embedded model; @param out a file of JSON */
export async function writeInputs(folder: string, out: string): Promise<void> {
  const { config } = await readRunRecord(folder);
  const tokenizer = await loadRunTokenizer(config, folder);
  const { ppo, reward, dictionaries, seed } = config;
  const { promptTokens, prompts: limit } = ppo.evaluation;
  const tuning = async function* () {
    for await (const text of partTexts(config, "tune")) yield { text };
  };
  const read = (part: Part) => partTokens(config, part, tokenizer, { maxTokens: dictionaries.maxTokens });
  const listed = (sets: Readonly<Record<string, ReadonlySet<string>>>) =>
    Object.fromEntries(Object.entries(sets).map(([name, words]) => [name, [...words]]));
  const inputs = {
    // The names of test/peers/learning/settings.ts, since the same trainer reads them.
    ...{ model: assetPath("embedded"), ppo, reward, seed },
    lexicon: Object.fromEntries(givenLexicon(config)),
    prompts: await readPrompts(tuning(), tokenizer, ppo.queryTokens[1], ppo.batches * ppo.batchSize),
    config,
    tokenTexts: Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.tokenText(id)),
    wordLists: listed(wordLists),
    topicWords: listed(topicWords),
    texts: {
      ...(await dictionaryTexts(config, tokenizer)),
      dictionaries: await read("dictionaries"),
      triples: await read("triples"),
      frequency: await read("frequency"),
      evaluate: await partTokens(config, "evaluate", tokenizer, {
        ...{ maxTokens: promptTokens, minTokens: promptTokens, limit },
      }),
    },
  };
  writeFileSync(out, JSON.stringify(inputs));
}
