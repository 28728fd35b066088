/** The machine's own speed: one large product in single precision. 2 x 2048^3 = 17.2 GFLOP. */
import { Graph } from "../../src/graph/builder.js";
import { sharedEngine } from "../../src/runtime/engine.js";
import { serve } from "../worker.js";

const N = 2048;
const engine = sharedEngine();
const g = new Graph("matrix product");
g.output("largest", g.reduceMax(g.matMul(g.input("parameters/a", [N, N]), g.input("parameters/b", [N, N]))));
const program = await engine.load(g);
const store = await engine.createStore(["a", "b"].map((name) => ({ name, dims: [N, N] })));
for (const name of ["a", "b"]) await store.write(name, new Float32Array(N * N).fill(0.01));
await serve(async () => {
  await program.run({ feeds: {}, stores: [store], fetch: ["largest"] });
});
