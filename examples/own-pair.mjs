/**
 * What two models disagree on, token by token: the log-ratio of a tuned model to its base model.
 *
 *     node examples/own-pair.mjs BASE TUNED "A text"
 *
 * Without arguments: the embedded model, and a copy without the attention of its last layer.
 */
import { copyModel, loadModel, loadTokenizer } from "rewardscope/model";

const [base, tuned, text = "This movie was a great story with a wonderful cast, but far too long."] =
  process.argv.slice(2);
const before = await loadModel(base ?? "embedded");
const tokenizer = await loadTokenizer(base ?? "embedded");
const after = tuned ? await loadModel(tuned) : await copyModel(before);
if (!tuned) {
  const [name] = after.parameterNames.filter((one) => /attention\.dense\.weight$/.test(one)).slice(-1);
  const { data } = await after.parameter(name);
  await after.store.write(name, data.fill(0));
}

const ids = tokenizer.encode(text);
// [1, length - 1]: column t is the prediction of token t + 1
const [ofBase, ofTuned] = [await before.logProbs({ inputIds: [ids] }), await after.logProbs({ inputIds: [ids] })];
let sum = 0;
for (let t = 1; t < ids.length; t++) {
  const logRatio = ofTuned.data[t - 1] - ofBase.data[t - 1];
  sum += logRatio;
  console.log(`${logRatio.toFixed(3).padStart(8)}  ${JSON.stringify(tokenizer.tokenText(ids[t]))}`);
}
console.log(`log-ratio of the text: ${sum.toFixed(3)} nats`);
await Promise.all([before.dispose(), after.dispose()]);
