/** Trains a small dictionary of one layer's MLP outputs, finds the feature that a word activates most, and steers with it. */

import { Rng } from "rewardscope";
import { loadModel, loadTokenizer, mlpHookPoint } from "rewardscope/model";
import { streamActivations, trainAutoencoders } from "rewardscope/sae";
import { loadCorpus } from "rewardscope/text";

const LAYER = 3;
const [word = " wonderful", visits = "20000"] = process.argv.slice(2);
const [model, tokenizer] = [await loadModel("embedded"), await loadTokenizer("embedded")];
const texts = [];
const corpus = new URL("../assets/embedded/corpus", import.meta.url).pathname;
for await (const { text } of loadCorpus(corpus, { split: "test", limit: 300 })) texts.push(tokenizer.encode(text));

const stream = streamActivations(model, texts, { layers: [LAYER], rng: Rng.fromSeed(42, "example") });
const { dIn, dSae } = { dIn: model.config.dModel, dSae: 256 };
const { trained } = await trainAutoencoders(stream, [{ layer: LAYER, name: "example", dIn, dSae }], {
  kind: { name: "batchtopk", k: 16 },
  learningRate: 3e-3,
  tokenVisits: Number(visits),
});
const dictionary = trained[0].autoencoder;

/** Activations [dSae] of the last token of a text. */
async function activations(text) {
  const ids = tokenizer.encode(text);
  const at = mlpHookPoint(LAYER);
  const { hooks } = await model.forward({ inputIds: [ids] }, { hooks: [at], logits: "none" });
  const { data } = await dictionary.encode({ dims: [ids.length, dIn], data: hooks[at].data });
  return data.subarray((ids.length - 1) * dSae);
}
const [of, otherwise] = [await activations(`The cast was${word}`), await activations("The cast was there")];
const differences = of.map((value, feature) => value - otherwise[feature]);
const feature = differences.indexOf(Math.max(...differences));
console.log(`feature ${feature} is ${of[feature].toFixed(2)} at "${word}", ${otherwise[feature].toFixed(2)} otherwise`);
for (const strength of [0, 1, 3]) {
  const edit = {
    at: mlpHookPoint(LAYER),
    kind: "add",
    dictionary,
    features: [feature],
    strength: strength * of[feature],
  };
  const [ids] = await model.generate([tokenizer.encode("The film has")], { maxNewTokens: 16, seed: 3, edits: [edit] });
  console.log(`strength ${strength}: ${tokenizer.decode(ids)}`);
}
await model.dispose();
