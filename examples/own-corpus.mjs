/**
 * The loss of a model on texts of your own.
 *
 *     node examples/own-corpus.mjs TEXTS MODEL
 *
 * TEXTS: a .jsonl, .csv, .parquet or .txt file, a folder of them, or an id on the Hub. Without arguments: the
 * embedded model on the texts of the package.
 */

import { Rng } from "rewardscope";
import { loadModel, loadTokenizer } from "rewardscope/model";
import { bootstrapMean } from "rewardscope/stats";
import { loadCorpus } from "rewardscope/text";

const [source = new URL("../assets/embedded/corpus", import.meta.url).pathname, name = "embedded"] =
  process.argv.slice(2);
const [model, tokenizer] = [await loadModel(name), await loadTokenizer(name)];
const losses = [];
for await (const { text } of loadCorpus(source, { split: "test", limit: 64 })) {
  const ids = tokenizer.encode(text).slice(0, 128);
  if (ids.length < 2) continue;
  const { data } = await model.logProbs({ inputIds: [ids] });
  losses.push(-data.reduce((sum, value) => sum + value, 0) / data.length);
}
const { value, low, high } = bootstrapMean(losses, { rng: Rng.fromSeed(42, "example"), unit: "text" });
console.log(`${losses.length} texts: ${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}] nats per token`);
await model.dispose();
