/** One PPO batch: 64 queries of 2-10 tokens, responses of 8-20, 4 epochs of minibatches of 16; rollout, scoring and reference included. */
import { loadModel } from "../../src/model/load.js";
import { vaderReward } from "../../src/reward/vader.js";
import { PpoTrainer } from "../../src/rlhf/ppo/trainer.js";
import { loadLexicon } from "../../src/text/lexicon.js";
import { Draws, modelFolder, serve } from "../worker.js";

const [policy, reference] = [await loadModel(modelFolder()), await loadModel(modelFolder())];
const trainer = new PpoTrainer(policy, { reference, learningRate: 1.4e-6, valueHeadDropout: 0, seed: 1 });
const draws = new Draws(7);
const words = [...loadLexicon().keys()].filter((word) => /^[a-z]+$/.test(word));
const reward = vaderReward();
let seed = 0;
await serve(async () => {
  const queries = Array.from({ length: 64 }, () => draws.integers(draws.integer(2, 10), 5, 50000));
  const lengths = draws.integers(64, 8, 20);
  const rows = await policy.generate(queries, {
    maxNewTokens: 20,
    maxNewTokensPerRow: lengths,
    stopTokens: [],
    seed: seed++,
  });
  const responses = rows.map((row, i) => row.slice(queries[i].length));
  // Random weights say nothing, so ids stand for words of the lexicon.
  const texts = responses.map((ids) => ids.map((id) => words[id % words.length]).join(" "));
  await trainer.step(queries, responses, await reward(texts));
});
