/** What bench/peers/default_run.py needs of a finished default run: `tsx bench/work/default-inputs.ts RUN OUT.json`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readJsonl } from "../../src/io/jsonl.js";
import { partTokens } from "../../src/pipeline/inputs/corpus-parts.js";
import { dictionaryTexts } from "../../src/pipeline/inputs/dictionary-texts.js";
import { loadRunTokenizer } from "../../src/pipeline/inputs/models.js";
import { readRunRecord } from "../../src/pipeline/run/run-record.js";
import { readResults } from "../../src/results/results.js";

const [, , folder, out] = process.argv;
const { config } = await readRunRecord(folder);
const { divergence } = await readResults(folder);
const tokenizer = await loadRunTokenizer(config, folder);
const { promptTokens, prompts: limit } = config.ppo.evaluation;
const prompts = await partTokens(config, "evaluate", tokenizer, {
  maxTokens: promptTokens,
  minTokens: promptTokens,
  limit,
});
const { training, heldOut } = await dictionaryTexts(config, tokenizer);
const triples: unknown[] = [];
for await (const triple of readJsonl(join(folder, "triples.jsonl"))) triples.push(triple);
// The default run stops an epoch short where its visits are spent; the Python side reads as many tokens.
const visits = config.dictionaries.tokenVisits / config.dictionaries.epochs;
let tokens = 0;
const trainingTexts = training.filter((text) => {
  tokens += text.length;
  return tokens <= visits;
});
const texts = [...training, ...heldOut];
writeFileSync(out, JSON.stringify({ layers: divergence!.chosen, prompts, trainingTexts, texts, triples }));
