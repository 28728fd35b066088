/** Log-ratios of whole texts attributed to properties of the texts. */
import { pearsonCorrelation } from "../../stats/index.js";
import { mean } from "../../stats/moments.js";
import type { Evidence } from "../pair/evidence.js";
import { type Method, zScore } from "./method.js";

/** Less the mean of its kind of text, since the tuned model's own completions have high log-ratios for that alone. */
function centred({ texts }: Evidence, values: Float64Array): Float64Array {
  const origins = [...new Set(texts.map(({ origin }) => origin))];
  const means = new Map(
    origins.map((origin) => [origin, mean(values.filter((_, i) => texts[i].origin === origin))] as const),
  );
  return values.map((value, i) => value - means.get(texts[i].origin)!);
}

/** Pearson correlation with each property alone, as a normal value (Fisher 1915). */
export const textLogRatios: Method = {
  name: "text-log-ratios",
  summary: "correlation of a text's log-ratio with the property's number in it",
  unit: "standard errors",
  async rank(evidence, hypotheses) {
    const { texts, marks } = evidence;
    const logRatios = centred(
      evidence,
      Float64Array.from(texts, ({ logRatios: own }) => own.reduce((total, one) => total + one, 0)),
    );
    return hypotheses.map((_, h) => {
      const correlation = pearsonCorrelation(centred(evidence, marks.counts(h)), logRatios);
      return zScore(Math.atanh(correlation) * Math.sqrt(texts.length - 3));
    });
  },
};
