/** The minibatch of which forward, backward, and the bare products are timed. */
import type { CausalLm } from "../../src/model/causal-lm.js";
import { trainingGraph } from "../../src/rlhf/ppo/ppo-graph.js";
import { ppoDefaults } from "../../src/rlhf/ppo/settings.js";
import { responseFeeds } from "../../src/rlhf/response-batch.js";
import { valueHeadLayout } from "../../src/rlhf/value-head.js";
import { Draws } from "../worker.js";

export function minibatchTexts(): { queries: number[][]; responses: number[][] } {
  const draws = new Draws(3);
  const texts = (low: number, high: number) =>
    Array.from({ length: 16 }, () => draws.integers(draws.integer(low, high), 5, 50000));
  return { queries: texts(2, 10), responses: texts(8, 20) };
}

/** The training pass of that minibatch: its graph, and its inputs of texts; all others have one number per response token. */
export async function minibatchPass(model: CausalLm) {
  await model.makeTrainable(valueHeadLayout(model.config.dModel));
  const { queries, responses } = minibatchTexts();
  const { feeds, lengths } = responseFeeds(model.config, queries, responses);
  const graph = trainingGraph(model, { ...ppoDefaults, valueHeadDropout: 0 });
  return { graph, feeds, rows: lengths.reduce((sum, length) => sum + length, 0) };
}
