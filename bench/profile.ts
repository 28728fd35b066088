/**
 * `npm run bench:profile -- --python VENV/bin/python`: where the time of a PPO minibatch goes, by ONNX Runtime's own profiler.
 * The environment needs onnxruntime and numpy; the graph and the inputs are those of the row `minibatch` of `npm run bench`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeOnnx } from "../src/onnx/encode.js";
import { randomModel } from "./random-model.js";
import { minibatchPass } from "./work/minibatch-pass.js";

const { python } = parseArgs({ options: { python: { type: "string" } } }).values;
if (!python) {
  console.error("--python: expected a Python with onnxruntime and numpy");
  process.exit(2);
}
const { graph, feeds, rows } = await minibatchPass(await randomModel());
const folder = mkdtempSync(join(tmpdir(), "rewardscope-profile-"));
try {
  writeFileSync(join(folder, "graph.onnx"), encodeOnnx(graph));
  const plain = Object.entries(feeds).map(([name, { dims, data }]) => [name, { dims, data: Array.from(data, Number) }]);
  writeFileSync(join(folder, "feeds.json"), JSON.stringify({ rows, feeds: Object.fromEntries(plain) }));
  const script = join(import.meta.dirname, "peers", "profile_graph.py");
  console.log(execFileSync(python, [script, folder], { encoding: "utf8" }).trim());
} finally {
  rmSync(folder, { recursive: true });
}
// The engine's worker would keep the process alive.
process.exit();
