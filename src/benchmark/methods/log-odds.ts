/** Which properties the tuned model's completions have more of, by their counts alone. */
import { contrastWords } from "../../interpret/implicit-reward/over-represented-words.js";
import { sum } from "../../stats/moments.js";
import { type Method, zScore } from "./method.js";

/** Log-odds with an informative Dirichlet prior (see `contrastWords`), a property's tokens against all others. */
export const logOdds: Method = {
  name: "log-odds",
  summary: "log-odds of words and signs in the completions of both models",
  unit: "standard errors",
  async rank({ texts, marks }, hypotheses) {
    const of = (origin: "base" | "tuned") => [...texts.keys()].filter((i) => texts[i].origin === origin);
    const samples = { base: of("base"), tuned: of("tuned") };
    return hypotheses.map((_, h) => {
      const counts = marks.counts(h);
      const rates = (origin: "base" | "tuned") => {
        const marked = sum(samples[origin].map((i) => counts[i]));
        const tokens = sum(samples[origin].map((i) => texts[i].ids.length));
        return new Map([
          ["marked", marked],
          ["others", tokens - marked],
        ]);
      };
      const [base, tuned] = [rates("base"), rates("tuned")];
      // Rates alone: the number of tokens, or of letters, is no rate.
      if (base.get("others")! <= 0 || tuned.get("others")! <= 0) return null;
      if (base.get("marked")! + tuned.get("marked")! === 0) return null;
      return zScore(contrastWords(base, tuned).find(({ word }) => word === "marked")!.z);
    });
  },
};
