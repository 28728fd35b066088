/** Forward and backward of one PPO minibatch: 16 texts of 10-30 tokens, without the optimizer's step. */
import { loadModel } from "../../src/model/load.js";
import { minibatchStatistics, trainingGraph } from "../../src/rlhf/ppo/ppo-graph.js";
import { ppoDefaults } from "../../src/rlhf/ppo/settings.js";
import { responseFeeds } from "../../src/rlhf/response-batch.js";
import { valueHeadLayout } from "../../src/rlhf/value-head.js";
import { modelFolder, serve } from "../worker.js";
import { minibatchTexts } from "./minibatch-texts.js";

const model = await loadModel(modelFolder());
await model.makeTrainable(valueHeadLayout(model.config.dModel));
const program = await model.engine.load(trainingGraph(model, { ...ppoDefaults, valueHeadDropout: 0 }));
const { queries, responses } = minibatchTexts();
const { feeds, lengths } = responseFeeds(model.config, queries, responses);
const rows = lengths.reduce((sum, length) => sum + length, 0);
const perToken = (value: number) => ({ dims: [rows], data: new Float32Array(rows).fill(value) });
const given = { oldLogprobs: perToken(-10), oldValues: perToken(0), advantages: perToken(1), returns: perToken(1) };
await serve(async () => {
  await program.run({ feeds: { ...feeds, ...given }, stores: [model.store], fetch: minibatchStatistics });
});
