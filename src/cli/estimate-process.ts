/**
 * The process of `estimateApart`: receives a configuration, sends the name of each measurement,
 * then the estimate.
 */

import type { Config } from "../config/config.js";
import { estimateRun } from "../pipeline/estimate/estimate.js";
import { computingStages } from "../pipeline/stages/stages.js";

process.once("message", async (config) => {
  try {
    const onStep = (step: string) => process.send!({ step });
    const estimate = await estimateRun(config as Config, computingStages, { onStep });
    process.send!({ estimate });
  } catch (error) {
    process.send!({ error: (error as Error).message });
  }
  process.disconnect();
});
