/** Agreement with preference data, in a sentence. */
import type { PreferencesResults } from "../results/results.js";
import { percent, percentInterval, whole } from "./format.js";

/** With and without length, beside length alone. */
export function preferencesSentence({ pairs, labelled }: PreferencesResults): string {
  const found = pairs ?? labelled;
  if (!found) return "No preference was read.";
  const of = pairs
    ? `In ${percentInterval(found.accuracy)} of ${whole(pairs.pairs)} pairs the implicit reward is higher for the chosen answer`
    : `The implicit reward puts a wanted answer above an unwanted one in ${percentInterval(found.accuracy)} of all combinations`;
  const beyond = found.lengthControlled.low > 0.5;
  const verdict = beyond
    ? "it agrees with the preferences beyond length"
    : found.lengthControlled.high < 0.5
      ? "with length taken out it is against the preferences"
      : "beyond length no agreement is shown";
  return `${of}, and in ${percentInterval(found.lengthControlled)} with what length explains taken out; whoever only counts tokens gets ${percent(found.longer.value)}: ${verdict}.`;
}
