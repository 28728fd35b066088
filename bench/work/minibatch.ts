/** Forward and backward of one PPO minibatch: 16 texts of 10-30 tokens, without the optimizer's step. */
import { loadModel } from "../../src/model/load.js";
import { minibatchStatistics } from "../../src/rlhf/ppo/ppo-graph.js";
import { modelFolder, serve } from "../worker.js";
import { minibatchPass } from "./minibatch-pass.js";

const model = await loadModel(modelFolder());
const { graph, feeds, rows } = await minibatchPass(model);
const program = await model.engine.load(graph);
const perToken = (value: number) => ({ dims: [rows], data: new Float32Array(rows).fill(value) });
const given = { oldLogprobs: perToken(-10), oldValues: perToken(0), advantages: perToken(1), returns: perToken(1) };
await serve(async () => {
  await program.run({ feeds: { ...feeds, ...given }, stores: [model.store], fetch: minibatchStatistics });
});
