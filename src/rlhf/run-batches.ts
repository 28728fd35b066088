/**
 * The training loop of every algorithm: queries from a corpus, responses of the policy, their
 * rewards, a step.
 */
import { ConfigError } from "../errors.js";
import type { LanguageModel, Tokenizer } from "../model/language-model.js";
import type { Reward } from "../reward/reward.js";
import { Rng } from "../rng.js";
import { readPrompts, rollOut } from "./rollout.js";
import type { RolloutSettings } from "./rollout-settings.js";
import type { RunOptions, StepStatistics, Trainer } from "./trainer.js";

export interface RunContext {
  readonly policy: LanguageModel;
  /** Scores the texts. */
  readonly reward?: Reward;
  /** Encodes and decodes the texts. */
  readonly tokenizer?: Tokenizer;
  readonly settings: RolloutSettings & { readonly batchSize: number; readonly seed: number };
  /** The name of its random streams; every batch has its own. */
  readonly algorithm: string;
}

/** Implements `Trainer.run` by a trainer's `step`. @throws as `Trainer.run` */
export async function runBatches(
  trainer: Pick<Trainer, "batchCount" | "step">,
  corpus: AsyncIterable<{ text: string }> | Iterable<{ text: string }>,
  { policy, reward, tokenizer, settings, algorithm }: RunContext,
  { batches, signal, onBatch, onFailure }: RunOptions,
): Promise<void> {
  if (!reward || !tokenizer)
    throw new ConfigError("trainer options", [
      {
        path: reward ? "tokenizer" : "reward",
        expected: `a ${reward ? "tokenizer" : "reward"}, which a run on a corpus needs`,
        received: "nothing",
      },
    ]);
  const { batchSize, queryTokens, seed } = settings;
  const prompts = await readPrompts(corpus, tokenizer, queryTokens[1], batches * batchSize);
  while (trainer.batchCount < batches) {
    signal?.throwIfAborted();
    const done = trainer.batchCount;
    const texts = Array.from({ length: batchSize }, (_, i) => prompts[(done * batchSize + i) % prompts.length]);
    const rng = Rng.fromSeed(seed, algorithm, "rollout", String(done));
    const rollout = await rollOut(policy, texts, { tokenizer, reward, settings, rng, signal });
    let statistics: StepStatistics;
    try {
      statistics = await trainer.step(rollout.queries, rollout.responses, rollout.scores);
    } catch (error) {
      await onFailure?.({ batch: done + 1, rollout });
      throw error;
    }
    await onBatch?.({ batch: trainer.batchCount, statistics, rollout });
  }
}
