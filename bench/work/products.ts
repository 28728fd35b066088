/**
 * The matrix products of `minibatch`, bare: those with weights, forward and backward, at the sizes without padding. Each
 * distinct one is timed by itself and counted as often as it comes.
 */
import { Graph } from "../../src/graph/builder.js";
import { loadModelConfig } from "../../src/model/load.js";
import { type Program, sharedEngine } from "../../src/runtime/engine.js";
import type { ParameterStore } from "../../src/runtime/parameter-store.js";
import { modelFolder, serve } from "../worker.js";
import { minibatchTexts } from "./minibatch-texts.js";

const { config } = await loadModelConfig(modelFolder());
const { queries, responses } = minibatchTexts();
const count = (rows: readonly number[][]) => rows.reduce((sum, row) => sum + row.length, 0);
const answers = count(responses);
const tokens = count(queries) + answers;
const { dModel: d, dMlp, nLayers, vocabSize } = config;

/** rows [n, in] through a weight [out, in]: forward, gradient of the rows, gradient of the weight. */
const layers = [
  { rows: tokens, size: 3 * d, input: d, times: nLayers },
  { rows: tokens, size: d, input: d, times: nLayers },
  { rows: tokens, size: dMlp, input: d, times: nLayers },
  { rows: tokens, size: d, input: dMlp, times: nLayers },
  { rows: answers, size: vocabSize, input: d, times: 1 },
];
const engine = sharedEngine();
const products: { program: Program; store: ParameterStore; times: number }[] = [];
for (const { rows, size, input, times } of layers) {
  const dims = { x: [rows, input], y: [rows, size], w: [size, input] };
  const layout = Object.entries(dims).map(([name, dims]) => ({ name, dims }));
  const store = await engine.createStore(layout, { trainable: true });
  for (const { name, dims } of layout) await store.write(name, new Float32Array(dims[0] * dims[1]).fill(0.01));
  for (const result of ["x", "y", "w"] as const) {
    const g = new Graph(`product ${result}`);
    const of = (name: keyof typeof dims) => g.input(`parameters/${name}`, dims[name]);
    const value =
      result === "y"
        ? g.linear(of("x"), of("w"))
        : result === "x"
          ? g.matMul(of("y"), of("w"))
          : g.matMul(g.swapLast(of("y")), of("x"));
    g.output(`gradients/${result}`, value);
    products.push({ program: await engine.load(g), store, times });
  }
}
await serve(async () => {
  let seconds = 0;
  for (const { program, store, times } of products) {
    const started = performance.now();
    await program.run({ feeds: {}, stores: [store] });
    seconds += (times * (performance.now() - started)) / 1000;
  }
  return seconds;
});
