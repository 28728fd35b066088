/** Two batches on the embedded model, sampled and learned from by TRL, repeated by us: texts, rewards, statistics, every weight. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { trainerSettings } from "../../src/config/config.js";
import { openSafetensors } from "../../src/io/safetensors.js";
import { loadModel } from "../../src/model/load.js";
import { loadTokenizer } from "../../src/model/tokenizer/tokenizer.js";
import { vaderReward } from "../../src/reward/vader.js";
import { PpoTrainer } from "../../src/rlhf/index.js";
import { pythonOf, runProgram } from "./environments.js";
import type { SharedSettings } from "./learning/settings.js";
import type { Row } from "./table.js";

interface Recorded {
  valueHead: { weight: number[]; bias: number[] };
  permutations: number[][];
  batches: {
    queries: number[][];
    responses: number[][];
    texts: string[];
    scores: number[];
    statistics: Record<string, number>;
  }[];
}

const here = (name: string): string => join(import.meta.dirname, "learning", name);

export async function repeatPpoBatches(work: string, log: (line: string) => void): Promise<Row[]> {
  log("PPO batches on the embedded model");
  const [settings, folder] = [join(work, "ppo-settings.json"), join(work, "ppo")];
  const changes = ["ppo.batches=2", "ppo.valueHeadDropout=0"].flatMap((change) => ["--set", change]);
  await runProgram(process.execPath, ["--import", "tsx", here("settings.ts"), settings, ...changes]);
  await runProgram(await pythonOf("trl", log), [here("trl_batches.py"), settings, folder]);
  const { model, ppo } = JSON.parse(await readFile(settings, "utf8")) as SharedSettings;
  const recorded = JSON.parse(await readFile(join(folder, "batches.json"), "utf8")) as Recorded;

  const [reference, policy, tokenizer] = [await loadModel(model), await loadModel(model), await loadTokenizer(model)];
  const own = trainerSettings(ppo);
  let epoch = 0;
  const trainer = new PpoTrainer(policy, {
    ...own,
    reference,
    valueHead: {
      weight: Float32Array.from(recorded.valueHead.weight),
      bias: Float32Array.from(recorded.valueHead.bias),
    },
    permutation: () => recorded.permutations[epoch++],
  });
  const reward = vaderReward();
  const worst = { texts: 0, rewards: 0, statistics: 0, weights: 0 };
  const note = (what: keyof typeof worst, a: number, b: number): void => {
    const difference = Math.abs(a - b) / Math.max(1, Math.abs(b));
    worst[what] = Math.max(worst[what], Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  };
  for (const { queries, responses, texts, scores, statistics } of recorded.batches) {
    const ours = queries.map((query, i) => tokenizer.decode([...query, ...responses[i]], { skipSpecialTokens: true }));
    worst.texts += ours.filter((text, i) => text !== texts[i]).length;
    for (const [i, value] of [...(await reward(ours))].entries()) note("rewards", value, scores[i]);
    const result = await trainer.step(queries, responses, scores);
    for (const [name, value] of Object.entries(statistics)) if (name in result) note("statistics", result[name], value);
  }
  const after = await openSafetensors(join(folder, "after.safetensors"));
  for (const name of policy.store.names) {
    const [mine, theirs] = [(await policy.store.read(name)).data, (await after.read(name)).data];
    for (const [i, value] of theirs.entries()) note("weights", mine[i], value);
  }
  await after.close();
  await Promise.all([policy.dispose(), reference.dispose()]);
  // A step of Adam at this rate moves a weight by 2e-4; 32 were taken.
  const bounds = { texts: 0, rewards: 1e-14, statistics: 1e-4, weights: 1e-4 };
  return Object.entries(bounds).map(([name, bound]) => ({
    check: `two PPO batches on the embedded model: ${name}`,
    peer: "TRL",
    worst: worst[name as keyof typeof worst],
    bound,
  }));
}
