/**
 * Tunes the model of a settings file with our PpoTrainer, one seed; a line of JSON per batch, as trl_seed.py writes it.
 *
 *     npx tsx test/peers/learning/our-seed.ts SETTINGS.json SEED OUT.jsonl
 */
import { readFile } from "node:fs/promises";
import { trainerSettings } from "../../../src/config/config.js";
import { writeJsonl } from "../../../src/io/jsonl.js";
import { loadModel } from "../../../src/model/load.js";
import { loadTokenizer } from "../../../src/model/tokenizer/tokenizer.js";
import { vaderReward } from "../../../src/reward/vader.js";
import { PpoTrainer } from "../../../src/rlhf/index.js";
import type { SharedSettings } from "./settings.js";

const [settingsFile, seed, out] = process.argv.slice(2);
const { model, ppo, reward, prompts, lexicon } = JSON.parse(await readFile(settingsFile, "utf8")) as SharedSettings;
const reference = await loadModel(model);
const policy = await loadModel(model);
const tokenizer = await loadTokenizer(model);
const settings = trainerSettings(ppo);
const trainer = new PpoTrainer(policy, {
  ...settings,
  rewardOf: reward.of,
  reference,
  reward: vaderReward({ lexicon: new Map(Object.entries(lexicon)), scale: 1 / reward.scale, clip: reward.clip }),
  // The prompts are token ids already: a text is the number of its prompt.
  tokenizer: {
    vocabSize: tokenizer.vocabSize,
    eosTokenId: tokenizer.eosTokenId,
    encode: (text) => prompts[Number(text)],
    decode: (ids, options) => tokenizer.decode(ids, options),
    tokenText: (id) => tokenizer.tokenText(id),
    tokenId: (text) => tokenizer.tokenId(text),
  },
  totalBatches: ppo.batches,
  seed: Number(seed),
});
const rows: object[] = [];
let began = performance.now();
await trainer.run(
  prompts.map((_ids, index) => ({ text: String(index) })),
  {
    batches: ppo.batches,
    onBatch: ({ batch, statistics, rollout }) => {
      rows.push({
        batch,
        reward: statistics["ppo/mean_scores"],
        kl: statistics["objective/kl"],
        klCoef: statistics["objective/kl_coef"],
        entropy: statistics["ppo/policy/entropy"],
        valueLoss: statistics["ppo/loss/value"],
        responseTokens: rollout.responses.reduce((sum, ids) => sum + ids.length, 0) / rollout.responses.length,
        seconds: Math.round((performance.now() - began) / 10) / 100,
      });
      began = performance.now();
    },
  },
);
await writeJsonl(out, rows);
await Promise.all([policy.dispose(), reference.dispose()]);
