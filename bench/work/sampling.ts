/** 64 texts of 2-10 tokens continued by 20 tokens each, drawn from the whole vocabulary. */
import { loadModel } from "../../src/model/load.js";
import { Draws, modelFolder, serve } from "../worker.js";

const model = await loadModel(modelFolder());
const draws = new Draws(9);
const prompts = Array.from({ length: 64 }, () => draws.integers(draws.integer(2, 10), 5, 50000));
let seed = 0;
await serve(async () => {
  await model.generate(prompts, { maxNewTokens: 20, stopTokens: [], seed: seed++ });
});
