/**
 * Prints a hash of the bits of every operator that computes, with its gradients, and of a batch of tuning, as JSON:
 *
 *     node --import tsx test/support/operator-bits.ts > test/golden/operator-bits.json
 *
 * A process of its own, since ONNX Runtime looks at the processor once. Two threads, as the embedded model's presets have.
 */
import { createHash } from "node:crypto";
import { gradients } from "../../src/graph/backward.js";
import { Graph } from "../../src/graph/builder.js";
import type { Value } from "../../src/graph/value.js";
import { loadModel } from "../../src/model/load.js";
import { PpoTrainer } from "../../src/rlhf/index.js";
import { Rng } from "../../src/rng.js";
import { Engine } from "../../src/runtime/engine.js";
import { elementCount } from "../../src/runtime/tensor.js";

type Build = (g: Graph, ...x: Value[]) => Value;
/** Shapes that fill vectors, and such as leave parts of them over. */
const shapes = [
  [77, 256],
  [7, 33],
  [3, 4, 19, 19],
  [5, 1031],
  [1, 8192],
];
const last = (shape: readonly number[]): number => shape[shape.length - 1];

const onEveryShape: Readonly<Record<string, Build>> = {
  exp: (g, x) => g.exp(x),
  log: (g, x) => g.log(g.shift(g.abs(x), 0.1)),
  sqrt: (g, x) => g.sqrt(g.abs(x)),
  reciprocal: (g, x) => g.reciprocal(x),
  sin: (g, x) => g.sin(g.scale(x, 40)),
  cos: (g, x) => g.cos(g.scale(x, 40)),
  tanh: (g, x) => g.tanh(x),
  erf: (g, x) => g.erf(x),
  sigmoid: (g, x) => g.sigmoid(x),
  gelu: (g, x) => g.gelu(x),
  "gelu by tanh": (g, x) => g.gelu(x, "tanh"),
  arithmetic: (g, x) => g.add(g.mul(x, x), g.div(g.scale(x, 0.17), g.shift(g.square(x), 1.3))),
  softmax: (g, x) => g.softmax(g.scale(x, 3)),
  "softmax of the first axis": (g, x) => g.softmax(x, 0),
  "log-softmax": (g, x) => g.logSoftmax(g.scale(x, 3)),
  "sum of all": (g, x) => g.reduceSum(x),
  "sum of rows": (g, x) => g.reduceSum(x, [0]),
  "sum of columns": (g, x) => g.reduceSum(x, [-1]),
  "mean of all": (g, x) => g.reduceMean(x),
  "mean of columns": (g, x) => g.reduceMean(x, [-1]),
  "running sum": (g, x) => g.cumSum(x, -1),
  "largest four": (g, x) => g.keepLargest(x, 4),
};
const products: readonly (readonly [number, number, number])[] = [
  [64, 256, 256],
  [77, 256, 1024],
  [308, 1024, 256],
  [215, 256, 8192],
  [215, 8192, 256],
  [1, 256, 256],
  [1, 1024, 50],
  [2, 256, 8192],
  [7, 33, 19],
  [64, 300, 40],
  [5, 1031, 17],
  [900, 64, 512],
];

const engine = new Engine({ threads: 2 });
const bits: Record<string, string> = {};

function hashOf(arrays: readonly ArrayBufferView[]): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex").slice(0, 16);
}

async function record(name: string, shapesOfInputs: readonly (readonly number[])[], build: Build): Promise<void> {
  const g = new Graph(name);
  const inputs = shapesOfInputs.map((dims, i) => g.input(`x${i}`, dims));
  const y = build(g, ...inputs);
  g.output("y", y);
  // A square, so that the gradient of a softmax is not 0.
  for (const [i, gradient] of gradients(g, g.reduceSum(g.square(y)), inputs).entries()) g.output(`to x${i}`, gradient);
  const rng = Rng.fromSeed(1, name);
  const feeds = Object.fromEntries(
    shapesOfInputs.map((dims, i) => {
      const data = Float32Array.from({ length: elementCount(dims) }, () => rng.normal());
      return [`x${i}`, { dims, data }];
    }),
  );
  const program = await engine.load(g);
  const fetch = ["y", ...inputs.map((_, i) => `to x${i}`)];
  const results = await program.run({ feeds, fetch });
  bits[name] = hashOf(fetch.map((one) => results[one].data));
  await program.drop();
}

for (const shape of shapes) {
  for (const [name, build] of Object.entries(onEveryShape)) await record(`${name} ${shape}`, [shape], build);
  await record(`layer norm ${shape}`, [shape, [last(shape)], [last(shape)]], (g, x, scale, bias) =>
    g.layerNorm(x, scale, bias, 1e-5),
  );
}
for (const [m, k, n] of products) {
  const [a, b, weight] = [
    [m, k],
    [k, n],
    [n, k],
  ];
  await record(`product ${m} ${k} ${n}`, [a, b], (g, x, y) => g.matMul(x, y));
  await record(`linear ${m} ${k} ${n}`, [a, weight, [n]], (g, x, w, bias) => g.linear(x, w, bias));
}
/** Queries, keys and values: [texts, heads, tokens, 16]. */
const attention: Build = (g, q, k, v) => g.matMul(g.softmax(g.scale(g.matMul(q, g.swapLast(k)), 0.25)), v);
const [some, many, one] = [19, 57, 1].map((tokens) => [3, 4, tokens, 16]);
await record("attention", [some, some, some], attention);
await record("attention of one token", [one, many, many], attention);
await record("rows added to a table", [[40, 64]], (g, table) =>
  g.gather(table, g.constantInts(Array.from({ length: 300 }, (_, i) => (i * 7) % 40))),
);
const [policy, reference] = [await loadModel("embedded", { engine }), await loadModel("embedded", { engine })];
const trainer = new PpoTrainer(policy, { reference, batchSize: 8, miniBatchSize: 4, learningRate: 2e-4 });
const rng = Rng.fromSeed(1, "texts");
const texts = (length: number) =>
  Array.from({ length: 8 }, () => Array.from({ length }, () => rng.integer(policy.config.vocabSize)));
await trainer.step(texts(7), texts(13), [1, -1, 2, 0, 3, -2, 0.5, 1]);
const sampled = await policy.generate(texts(5), { maxNewTokens: 12, seed: 1 });
bits["a batch of tuning"] = hashOf([Int32Array.from(sampled.flat())]);
bits["weights after it"] = hashOf(
  await Promise.all(policy.store.names.map(async (name) => (await policy.store.read(name)).data)),
);
console.log(JSON.stringify(bits, null, 1));
await engine.close();
