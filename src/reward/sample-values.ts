/** Tries a reward, or another function of texts, before a run depends on it. */
import type { Reward } from "./reward.js";

const SAMPLES = ["This film was good, though a little too long.", "A dull plot."];

/** What the reward gives for one or two texts, as it gives it; disposes of the reward. @throws as the reward */
export async function sampleValues(reward: Reward, texts: 1 | 2): Promise<readonly number[]> {
  try {
    return await reward(SAMPLES.slice(0, texts));
  } finally {
    await reward.dispose?.();
  }
}
