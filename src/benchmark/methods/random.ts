/** Chance: a number by lot for each hypothesis. */
import { Rng } from "../../rng.js";
import { type Method, zScore } from "./method.js";

export const random: Method = {
  name: "random",
  summary: "numbers by lot",
  unit: "standard errors",
  async rank({ config, name }, hypotheses) {
    const rng = Rng.fromSeed(config.seed, "benchmark", "random method", name);
    return hypotheses.map(() => zScore(rng.normal()));
  },
};
