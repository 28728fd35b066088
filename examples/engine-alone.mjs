/** The engine without any language model: a graph, its gradient, and gradient descent on a line. */
import { Engine, Graph, gradients } from "rewardscope/engine";

const g = new Graph("squared error of a line");
const [x, y] = [g.input("x", ["points"]), g.input("y", ["points"])];
const [slope, offset] = [g.input("slope", []), g.input("offset", [])];
const residual = g.sub(g.add(g.mul(x, slope), offset), y);
const loss = g.reduceMean(g.mul(residual, residual));
g.output("loss", loss);
const [bySlope, byOffset] = gradients(g, loss, [slope, offset]);
g.output("bySlope", bySlope);
g.output("byOffset", byOffset);

const engine = new Engine();
const program = await engine.load(g);
const points = Array.from({ length: 50 }, (_, i) => i / 25 - 1);
const list = (values) => ({ dims: [values.length], data: Float32Array.from(values) });
const scalar = (value) => ({ dims: [], data: Float32Array.of(value) });
let [a, b] = [0, 0];
for (let step = 0; step <= 40; step++) {
  const feeds = { x: list(points), y: list(points.map((p) => 3 * p - 0.5)), slope: scalar(a), offset: scalar(b) };
  const found = await program.run({ feeds, fetch: ["loss", "bySlope", "byOffset"] });
  if (step % 10 === 0)
    console.log(`step ${step}: loss ${found.loss.data[0].toFixed(6)}, y = ${a.toFixed(3)} x + ${b.toFixed(3)}`);
  a -= 0.3 * found.bySlope.data[0];
  b -= 0.3 * found.byOffset.data[0];
}
await engine.close();
