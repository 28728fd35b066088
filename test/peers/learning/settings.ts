/**
 * What both sides of the learning band share, written to a file: the settings of the default tune stage, the prompts of its
 * texts as token ids, the lexicon and the model folder.
 *
 *     npx tsx test/peers/learning/settings.ts OUT.json [--set key=value ...]
 */
import { parseArgs } from "node:util";
import { assetPath } from "../../../src/assets.js";
import { parseConfig } from "../../../src/config/check-config.js";
import type { Config } from "../../../src/config/config.js";
import { parseSetting, put } from "../../../src/config/load-config.js";
import { writeJson } from "../../../src/io/atomic.js";
import { partTexts } from "../../../src/pipeline/inputs/corpus-parts.js";
import { givenLexicon, loadRunTokenizer } from "../../../src/pipeline/inputs/models.js";
import { readPrompts } from "../../../src/rlhf/rollout.js";

export interface SharedSettings {
  model: string;
  ppo: Config["ppo"];
  reward: Config["reward"];
  seed: number;
  prompts: number[][];
  lexicon: Record<string, number>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { set: { type: "string", multiple: true, default: [] } },
});
/** The default preset, with TRL's own schedule and controller, which its side does not change. */
let input: unknown = {
  ppo: {
    batches: 36,
    miniBatchSize: 16,
    ppoEpochs: 4,
    klCoef: 0.2,
    schedule: "constant",
    warmupSteps: 0,
    adaptiveKl: true,
  },
};
for (const text of values.set) {
  const setting = parseSetting(text);
  if ("expected" in setting) throw new Error(`--set ${text}: expected ${setting.expected}`);
  input = put(input, setting.path, setting.value);
}
const config = parseConfig(input, "learning band");
const { ppo, reward, seed } = config;
const texts = async function* () {
  for await (const text of partTexts(config, "tune")) yield { text };
};
const tokenizer = await loadRunTokenizer(config, "");
const shared: SharedSettings = {
  model: assetPath("embedded"),
  ppo,
  reward,
  seed,
  prompts: await readPrompts(texts(), tokenizer, ppo.queryTokens[1], ppo.batches * ppo.batchSize),
  lexicon: Object.fromEntries(givenLexicon(config)),
};
await writeJson(positionals[0], shared);
console.log(`${shared.prompts.length} prompts, ${ppo.batches} batches of ${ppo.batchSize}`);
