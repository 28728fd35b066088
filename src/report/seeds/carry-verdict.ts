/** Whether features carry what tuning changed, over several seeds. */
import type { HeadlineMetric, HeadlineMetricId } from "../../results/results.js";

/** Share of the seeds in which chosen features have to exceed those of equal size: 4 of 5. */
const SHARE_OF_SEEDS = 0.8;

/** The rule in words, for the table of the numbers that it is about. */
export const carryRule = `Features carry it if, at the largest k with a control, their share is above 0 in all seeds and its interval above that of equally large changes of others in ${100 * SHARE_OF_SEEDS}% of them, both ways.`;

const ways: readonly [chosen: HeadlineMetricId, control: HeadlineMetricId, inWords: string][] = [
  ["carryFeatures", "carryFeaturesControl", "put into the base model"],
  ["carryFeaturesTaken", "carryFeaturesTakenControl", "taken from the tuned model"],
];

/**
 * The verdict by one rule, for both ways: the share of the largest set of chosen features that has a
 * control is above 0 in all seeds, and its interval above that of the control, features of equal size
 * of change, in at least four fifths of them. Undefined where fewer than two seeds have both ways with a control.
 */
export function carryVerdict(metrics: readonly HeadlineMetric[]): string | undefined {
  const of = (id: HeadlineMetricId) => metrics.find((metric) => metric.id === id);
  const found = ways.flatMap(([chosen, control, inWords]) => {
    const [own, other] = [of(chosen), of(control)];
    const seeds = (own?.values ?? []).flatMap((value, seed) => {
      const [bounds, against] = [own?.intervals?.[seed], other?.intervals?.[seed]];
      return value !== null && bounds && against ? [{ value, bounds, against }] : [];
    });
    if (seeds.length < 2) return [];
    const above = seeds.filter(({ bounds, against }) => bounds[0] > against[1]).length;
    const positive = seeds.filter(({ value }) => value > 0).length;
    return [{ inWords, n: seeds.length, above, positive }];
  });
  if (found.length < ways.length) return undefined;
  const carries = found.every(({ n, above, positive }) => positive === n && above >= SHARE_OF_SEEDS * n);
  const counts = found.map(({ inWords, n, above, positive }) => {
    const sign = positive < n ? ` (above 0 in ${positive})` : "";
    return `${inWords} in ${above} of ${n} seeds${sign}`;
  });
  const answer = carries ? "Features carry it" : "No k features carry it";
  return `${answer}: above equally large changes of others when ${counts.join(", when ")}.`;
}
