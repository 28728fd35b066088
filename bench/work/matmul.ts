/** The machine's own speed: one large product in single precision. 2 x 2048^3 = 17.2 GFLOP. */
import { Graph } from "../../src/graph/builder.js";
import { sharedEngine } from "../../src/runtime/engine.js";
import { parameterInputs } from "../../src/runtime/parameter-inputs.js";
import { serve } from "../worker.js";

const N = 2048;
const engine = sharedEngine();
const g = new Graph("matrix product");
const layout = ["a", "b"].map((name) => ({ name, dims: [N, N] }));
const parameter = parameterInputs(g, layout);
g.output("largest", g.reduceMax(g.matMul(parameter("a"), parameter("b"))));
const program = await engine.load(g);
const store = await engine.createStore(layout);
for (const { name } of layout) await store.write(name, new Float32Array(N * N).fill(0.01));
await serve(async () => {
  await program.run({ feeds: {}, stores: [store], fetch: ["largest"] });
});
