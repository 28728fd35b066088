/** The model of the bench: random weights in Pythia-70m's shape. */
import type { GptNeoxConfig } from "../src/model/architectures/gpt-neox.js";
import type { CausalLm } from "../src/model/causal-lm.js";
import { initialiseModel, parseModelConfig } from "../src/model/load.js";
import { Rng } from "../src/rng.js";
import { pythiaShape } from "./rows.js";

export function randomModel(): Promise<CausalLm> {
  const { architecture, config } = parseModelConfig(pythiaShape, "Pythia-70m's shape");
  return initialiseModel(architecture, config as GptNeoxConfig, Rng.fromSeed(1, "bench"));
}
