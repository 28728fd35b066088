/**
 * The matrix products of `minibatch`, bare: those with weights, forward and backward, at the sizes without padding, one after
 * the other in one graph. Nothing is computed between them, and of each one number is given back: what a run returns is copied.
 */
import { Graph } from "../../src/graph/builder.js";
import type { Value } from "../../src/graph/value.js";
import { loadModelConfig } from "../../src/model/load.js";
import { sharedEngine } from "../../src/runtime/engine.js";
import { parameterInputs } from "../../src/runtime/parameter-inputs.js";
import { modelFolder, serve } from "../worker.js";
import { minibatchTexts } from "./minibatch-pass.js";

const { config } = await loadModelConfig(modelFolder());
const { queries, responses } = minibatchTexts();
const count = (rows: readonly number[][]) => rows.reduce((sum, row) => sum + row.length, 0);
const answers = count(responses);
const tokens = count(queries) + answers;
const { dModel: d, dMlp, nLayers, vocabSize } = config;

/** rows [n, in] through a weight [out, in]: forward, gradient of the rows, gradient of the weight. */
const ofLayer = [
  { rows: tokens, size: 3 * d, input: d },
  { rows: tokens, size: d, input: d },
  { rows: tokens, size: dMlp, input: d },
  { rows: tokens, size: d, input: dMlp },
];
const all = [...Array.from({ length: nLayers }, () => ofLayer).flat(), { rows: answers, size: vocabSize, input: d }];
const firstNumber = (matrix: Value): Value => g.slice(g.slice(matrix, 0, 0, 1), 1, 0, 1);
const engine = sharedEngine();
const g = new Graph("bare products");
const layout = all.flatMap(({ rows, size, input }, i) => [
  { name: `x${i}`, dims: [rows, input] },
  { name: `y${i}`, dims: [rows, size] },
  { name: `w${i}`, dims: [size, input] },
]);
const parameter = parameterInputs(g, layout);
all.forEach((_, i) => {
  const [x, y, w] = ["x", "y", "w"].map((name) => parameter(`${name}${i}`));
  const products = { y: g.linear(x, w), x: g.matMul(y, w), w: g.matMul(g.swapLast(y), x) };
  for (const [name, product] of Object.entries(products)) g.output(`${name}${i}`, firstNumber(product));
});
const program = await engine.load(g);
const store = await engine.createStore(layout);
for (const { name, dims } of layout) await store.write(name, new Float32Array(dims[0] * dims[1]).fill(0.01));
await serve(async () => {
  await program.run({ feeds: {}, stores: [store], fetch: g.outputs.map(({ name }) => name) });
});
