/**
 * The algorithms by name: each makes the trainer of a policy. Their settings are the
 * configuration's group of that name.
 */
import type { CausalLm } from "../model/causal-lm.js";
import { PpoTrainer, type PpoTrainerOptions } from "./ppo/trainer.js";
import type { Trainer } from "./trainer.js";

export const algorithms = {
  ppo: (policy: CausalLm, options: PpoTrainerOptions): Trainer => new PpoTrainer(policy, options),
};
