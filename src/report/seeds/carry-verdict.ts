/** Whether features carry what tuning changed, over several seeds. */
import type { HeadlineMetric, HeadlineMetricId } from "../../results/results.js";

/** Share of the seeds in which chosen features have to exceed those of equal size: 4 of 5. */
const SHARE_OF_SEEDS = 0.8;

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
  const counts = found
    .map(
      ({ inWords, n, above, positive }) =>
        `${inWords}, above 0 in ${positive} of ${n} seeds and above equally large changes of others in ${above}`,
    )
    .join("; ");
  return `${carries ? "Features carry it" : "No k features carry it"}, at the largest k compared: ${counts}. The rule asks for all seeds, and for ${100 * SHARE_OF_SEEDS}% of them.`;
}
