/** Sampled completions as lines for a terminal or a log. */
import type { TuningSample } from "../../../results/results.js";

/** Columns of a line; longer text is cut. */
const WIDTH = 96;

/**
 * A heading, and a line per sample: the tuned model's reward, the query, a bar, and the tuned
 * model's completion.
 */
export function sampleLines(samples: readonly TuningSample[]): string[] {
  if (samples.length === 0) return [];
  const lines = samples.map(({ query, tuned, tunedReward }) => {
    const text = `${onOneLine(query)}|${onOneLine(tuned)}`;
    const line = `${tunedReward.toFixed(2).padStart(6)}  ${text}`;
    return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
  });
  return [`batch ${samples[0].batch}, reward and text (query | completion):`, ...lines];
}

/** Line breaks and other characters that move the cursor become spaces. */
function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, " ");
}
