/**
 * Log-ratios of a pair of models, as an audit computes them for texts of the corpus: node --import tsx bench/log-ratios.ts BASE TUNED [--texts 600]
 * [--tokens 32]. Texts are random tokens. Prints time, processor time and peak memory of the process.
 */
import { parseArgs } from "node:util";
import { loadModel } from "../src/model/load.js";
import { completionLogProbs } from "../src/rlhf/evaluate.js";
import { Rng } from "../src/rng.js";

const { values, positionals } = parseArgs({
  options: { texts: { type: "string", default: "600" }, tokens: { type: "string", default: "32" } },
  allowPositionals: true,
});
const [texts, tokens] = [Number(values.texts), Number(values.tokens)];
const [base, tuned] = positionals;

const started = performance.now();
const logProbs: Float64Array[][] = [];
/** Of this process since its beginning. */
function processorSeconds(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1e6;
}
for (const name of [base, tuned]) {
  const before = processorSeconds();
  const model = await loadModel(name);
  const loaded = processorSeconds();
  // The same texts for both.
  const rng = Rng.fromSeed(1, "texts");
  const rows = Array.from({ length: texts }, () =>
    Array.from({ length: tokens }, () => rng.integer(model.config.vocabSize)),
  );
  logProbs.push(
    await completionLogProbs(
      model,
      rows,
      rows.map(() => 1),
    ),
  );
  const [reading, computing] = [loaded - before, processorSeconds() - loaded].map((seconds) => seconds.toFixed(1));
  console.log(`${name}: ${reading} s of processor time for its weights, ${computing} s for its texts`);
  await model.dispose();
}
const ratios = logProbs[0].map((row, i) => row.reduce((total, value, t) => total + logProbs[1][i][t] - value, 0));
console.log(
  JSON.stringify({
    texts,
    tokens,
    meanLogRatio: ratios.reduce((total, value) => total + value, 0) / ratios.length,
    seconds: (performance.now() - started) / 1000,
    processorSeconds: processorSeconds(),
    peakGiB: process.resourceUsage().maxRSS / 2 ** 20,
  }),
);
