/** Sampled completions as texts for a tracker. */
import type { TuningSample } from "../results/sections/tune.js";

/** The completions of one batch in Markdown, by the tags `samples/0`, `samples/1`, ... */
export function sampleTexts(samples: readonly TuningSample[]): Record<string, string> {
  return Object.fromEntries(
    samples.map(({ query, base, tuned, baseReward, tunedReward }, i) => [
      `samples/${i}`,
      `**${query}**\n\nbase (${baseReward.toFixed(2)}): ${base}\n\ntuned (${tunedReward.toFixed(2)}): ${tuned}`,
    ]),
  );
}
