/** The process of `estimateApart`: takes a configuration, sends what is measured next, then the estimate. */

import type { Config } from "../config/config.js";
import { estimateRun } from "../pipeline/estimate/estimate.js";

process.once("message", async (config) => {
  try {
    const estimate = await estimateRun(config as Config, { onStep: (step) => process.send!({ step }) });
    process.send!({ estimate });
  } catch (error) {
    process.send!({ error: (error as Error).message });
  }
  process.disconnect();
});
