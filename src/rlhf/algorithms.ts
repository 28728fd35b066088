/**
 * The algorithms by name; each makes a trainer of a policy. The settings of an algorithm are the
 * configuration's group of the same name.
 */
import type { CausalLm } from "../model/causal-lm.js";
import { PpoTrainer, type PpoTrainerOptions } from "./ppo/trainer.js";
import type { Trainer } from "./trainer.js";

/** The algorithms by name; each makes a trainer of a policy. */
export const algorithms = {
  /** Proximal policy optimisation with the semantics of TRL 0.7.7. */
  ppo: (policy: CausalLm, options: PpoTrainerOptions): Trainer => new PpoTrainer(policy, options),
};
