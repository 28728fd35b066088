/** Fine-tuning on the base model's own best texts: what a reward would teach, learned without one. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CausalLm } from "../../model/causal-lm.js";
import { pretrain } from "../../model/pretrain.js";
import { TokenFile, writeTokenFile } from "../../model/tokenizer/token-file.js";
import { linearSchedule } from "../../optim/schedule.js";
import { partTokens } from "../../pipeline/inputs/corpus-parts.js";
import { samplePrompts } from "../../rlhf/index.js";
import { Rng } from "../../rng.js";
import type { MakeContext } from "./make-context.js";

/** The tenth of the texts with the highest reward is learned, about eight times. */
const BEST_SHARE = 0.1;
const TIMES = 8;
const BATCH = 16;
const LEARNING_RATE = 2e-4;
/** Tokens of a prompt, as in tuning; a window has a prompt and a completion. */
const windowTokens = ({ config: { ppo } }: MakeContext) => ppo.queryTokens[1] + ppo.responseTokens[1];

/**
 * Samples as many texts as tuning does, keeps the best by the reward, and trains a copy of the base
 * model on them with the loss of next-token prediction (best-of-n fine-tuning).
 * @param model the copy, trainable
 */
export async function finetune(
  model: CausalLm,
  base: CausalLm,
  reward: (texts: readonly string[]) => number[],
  context: MakeContext,
): Promise<void> {
  const { config, tokenizer, signal } = context;
  const progress = context.workStarts();
  const { batches, batchSize, queryTokens, responseTokens } = config.ppo;
  const given = await partTokens(config, "tune", tokenizer, { maxTokens: queryTokens[1], signal });
  const prompts = Array.from({ length: batches * batchSize }, (_, i) => given[i % given.length]);
  progress.start(prompts.length, "completions");
  const seed = Rng.fromSeed(config.seed, "benchmark", "best texts").uint32();
  const { completions, rows } = await samplePrompts(base, prompts, {
    ...{ tokenizer, newTokens: responseTokens[1], seed, signal },
    onPrompts: (done) => progress.update(done),
  });
  progress.end();
  const values = reward(completions);
  const best = [...values.keys()]
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, Math.max(BATCH, Math.ceil(BEST_SHARE * values.length)));
  const scratch = await mkdtemp(join(tmpdir(), "rewardscope-finetune-"));
  try {
    const path = join(scratch, "best.tokens");
    const texts = async function* () {
      for (const i of best) yield { text: tokenizer.decode(rows[i], { skipSpecialTokens: true }) };
    };
    await writeTokenFile(path, texts(), tokenizer);
    const steps = Math.ceil((TIMES * best.length) / BATCH);
    const file = await TokenFile.open(path);
    try {
      const length = Math.min(windowTokens(context), file.tokens - 2);
      progress.start(steps, "steps");
      await pretrain(model, file, file, {
        ...{ steps, length, signal, batchSize: BATCH, learningRate: LEARNING_RATE, weightDecay: 0, maxGradNorm: 1 },
        schedule: linearSchedule(5, steps),
        seed: config.seed,
        checkpointFolder: scratch,
        checkpointEvery: steps,
        evaluateEvery: steps,
        onStep: ({ step, loss }) => progress.update(step, `loss ${loss.toFixed(2)}`),
      });
      progress.end();
    } finally {
      await file.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
