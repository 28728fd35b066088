/**
 * `npm run bench:profile -- --python VENV/bin/python`: where the time of a PPO minibatch goes, by ONNX Runtime's own profiler.
 * The environment needs onnxruntime and numpy; the graph and the inputs are those of the row `minibatch` of `npm run bench`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { GptNeoxConfig } from "../src/model/architectures/gpt-neox.js";
import { initialiseModel, parseModelConfig } from "../src/model/load.js";
import { encodeOnnx } from "../src/onnx/encode.js";
import { trainingGraph } from "../src/rlhf/ppo/ppo-graph.js";
import { ppoDefaults } from "../src/rlhf/ppo/settings.js";
import { responseFeeds } from "../src/rlhf/response-batch.js";
import { valueHeadLayout } from "../src/rlhf/value-head.js";
import { Rng } from "../src/rng.js";
import { pythiaShape } from "./rows.js";
import { minibatchTexts } from "./work/minibatch-texts.js";

const { python } = parseArgs({ options: { python: { type: "string" } } }).values;
if (!python) {
  console.error("--python: expected a Python with onnxruntime and numpy");
  process.exit(2);
}
const { architecture, config } = parseModelConfig(pythiaShape, "Pythia-70m's shape");
const model = await initialiseModel(architecture, config as GptNeoxConfig, Rng.fromSeed(1, "bench"));
await model.makeTrainable(valueHeadLayout(model.config.dModel));
const graph = trainingGraph(model, { ...ppoDefaults, valueHeadDropout: 0 });
const { queries, responses } = minibatchTexts();
const { feeds, lengths } = responseFeeds(model.config, queries, responses);
const folder = mkdtempSync(join(tmpdir(), "rewardscope-profile-"));
try {
  writeFileSync(join(folder, "graph.onnx"), encodeOnnx(graph));
  const plain = Object.entries(feeds).map(([name, { dims, data }]) => [name, { dims, data: Array.from(data, Number) }]);
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  writeFileSync(join(folder, "feeds.json"), JSON.stringify({ rows, feeds: Object.fromEntries(plain) }));
  const script = join(import.meta.dirname, "peers", "profile_graph.py");
  console.log(execFileSync(python, [script, folder], { encoding: "utf8" }).trim());
} finally {
  rmSync(folder, { recursive: true });
}
// The engine's worker would keep the process alive.
process.exit();
