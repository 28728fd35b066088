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
for (const name of [base, tuned]) {
  const model = await loadModel(name);
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
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  await model.dispose();
}
const ratios = logProbs[0].map((row, i) => row.reduce((total, value, t) => total + logProbs[1][i][t] - value, 0));
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
console.log(
  JSON.stringify({
    texts,
    tokens,
    meanLogRatio: ratios.reduce((total, value) => total + value, 0) / ratios.length,
    seconds: (performance.now() - started) / 1000,
    processorSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakGiB: maxRSS / 2 ** 20,
  }),
);
