/** MLP outputs of 5 of 6 layers: 128 texts of 16-256 tokens, as the dictionaries' training reads them. */
import { loadModel } from "../../src/model/load.js";
import { streamActivations } from "../../src/sae/activation-stream.js";
import { Draws, modelFolder, serve } from "../worker.js";

const model = await loadModel(modelFolder());
const draws = new Draws(5);
const texts = Array.from({ length: 128 }, () => draws.integers(draws.integer(16, 256), 5, 50000));
const stream = streamActivations(model, texts, { layers: [0, 1, 2, 3, 4] });
await serve(async () => {
  for await (const { activations } of stream) if (activations.size !== 5) throw new Error("a layer is missing");
});
