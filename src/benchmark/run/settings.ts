/** What a benchmark tunes and reads, as a configuration of the project. */
import { type Config, type ConfigInput, parseConfig } from "../../pipeline/index.js";

/** About half of the default run's steps; each completion is rewarded by itself. */
const input = {
  reward: { of: "completion" },
  ppo: { batches: 40, batchSize: 64, ppoEpochs: 2, klCoef: 0.2, adaptiveKl: false, evaluation: { prompts: 1 } },
  // Of stages that do not run, but whose prompts are compared with the corpus.
  ablation: { prompts: 1 },
  audit: { prompts: 300, promptTokens: 8, newTokens: 24, texts: 200, textTokens: 64 },
} satisfies ConfigInput;

/** Changes of a benchmark's configuration, for tests and for models of one's own. */
export type BenchmarkChanges = Pick<ConfigInput, "model" | "corpus" | "ppo" | "audit">;

/** The configuration of one seed. @throws ConfigError as `parseConfig` */
export function benchmarkConfig(seed: number, changes: BenchmarkChanges = {}): Config {
  const merged: ConfigInput = {
    ...input,
    ...changes,
    ppo: { ...input.ppo, ...changes.ppo },
    audit: { ...input.audit, ...changes.audit },
    seed,
  };
  return parseConfig(merged, "benchmark");
}
