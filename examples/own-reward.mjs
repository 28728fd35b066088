/** Tunes the embedded model on a reward of one line: completions without the letter e. */
import { loadModel, loadTokenizer } from "rewardscope/model";
import { PpoTrainer } from "rewardscope/rlhf";

/** Minus the number of e's per 10 characters. */
const reward = (texts) => texts.map((text) => (-10 * (text.split("e").length - 1)) / Math.max(1, text.length));

const batches = Number(process.argv[2] ?? 20);
if (!Number.isInteger(batches) || batches < 1)
  throw new Error(`batches: expected a positive integer, received ${process.argv[2]}`);
const [policy, reference, tokenizer] = [
  await loadModel("embedded", { trainable: true }),
  await loadModel("embedded"),
  await loadTokenizer("embedded"),
];
const trainer = new PpoTrainer(policy, {
  reference,
  tokenizer,
  reward,
  batchSize: 32,
  miniBatchSize: 16,
  learningRate: 1e-4,
  klCoef: 0.05,
  queryTokens: [2, 4],
  responseTokens: [12, 16],
});
const queries = ["This movie was", "The plot of the film", "I watched it with", "The main actor", "A story about"];
await trainer.run(
  queries.map((text) => ({ text })),
  {
    batches,
    onBatch: ({ batch, statistics }) =>
      console.log(
        `batch ${batch}: reward ${statistics["ppo/mean_scores"].toFixed(2)}, KL ${statistics["objective/kl"].toFixed(2)}`,
      ),
  },
);
for (const [name, model] of Object.entries({ before: reference, after: policy })) {
  const [ids] = await model.generate([tokenizer.encode("This movie was")], { maxNewTokens: 20, seed: 1 });
  console.log(`${name}: ${tokenizer.decode(ids)}`);
}
await Promise.all([policy.dispose(), reference.dispose()]);
