/** The sentences that docs/dictionaries.md begins with, from the numbers of its tables. */
import { detectionOver, fixed, millions, over, plusMinus, secondsOver } from "./groups.js";
import type { MeasuredGroup } from "./measure.js";

/** Dictionaries with more active features per token are not compared by explained variance: it grows with them. */
const MOST_ACTIVE = 20;

const explained = (group: MeasuredGroup) => over(group, nameOf(group), ({ explainedVariance }) => explainedVariance);
const nameOf = (group: MeasuredGroup) => group.cells[0].measured.at(-1)!.name;
const highest = (groups: readonly MeasuredGroup[], of: (group: MeasuredGroup) => number) =>
  groups.toSorted((a, b) => of(b) - of(a))[0];

/** Which way of training explains most at each number of visits, and which has the best explained features. */
function bestSentences(groups: readonly MeasuredGroup[]): string[] {
  const visits = [...new Set(groups.map((group) => group.visits))];
  const winners = visits.flatMap((budget) => {
    const sparse = groups.filter(
      (one) => one.visits === budget && over(one, nameOf(one), ({ l0 }) => l0).mean <= MOST_ACTIVE,
    );
    return sparse.length < 2 ? [] : [highest(sparse, (one) => explained(one).mean)];
  });
  const won = winners.map(
    (one) => `\`${one.recipe.name}\` after ${millions(one.visits)} visits (${plusMinus(explained(one), 3)})`,
  );
  const last = groups.filter((one) => one.visits === visits.at(-1) && Number.isFinite(balanced(one).mean));
  const clearest = last.length < 2 ? undefined : highest(last, (one) => balanced(one).mean);
  return [
    ...(won.length === 0
      ? []
      : [
          `Of those with at most ${MOST_ACTIVE} active features per token, ${won.join(", ")} explain${won.length > 1 ? "" : "s"} most variance.`,
        ]),
    ...(clearest
      ? [
          `Explanations predict best which texts activate a feature for \`${clearest.recipe.name}\` after ${millions(clearest.visits)} visits (${plusMinus(balanced(clearest), 3)}).`,
        ]
      : []),
  ];
}

const balanced = (group: MeasuredGroup) =>
  detectionOver(group, nameOf(group), ({ balancedAccuracy }) => balancedAccuracy);

/** At equal visits, and how long sae-lens takes to explain as much. */
function peerSentences(groups: readonly MeasuredGroup[], ours: string, theirs: string): string[] {
  const of = (name: string) => groups.filter(({ recipe }) => recipe.name === name);
  const pairs = of(theirs).flatMap((their) =>
    of(ours).flatMap((our) => (our.visits === their.visits ? [{ our, their }] : [])),
  );
  if (pairs.length === 0) return [];
  const seconds = (group: MeasuredGroup) => `${fixed(secondsOver(group).mean, 0)} s`;
  const atVisits = pairs.map(
    ({ our, their }) =>
      `${plusMinus(explained(our), 3)} in ${seconds(our)} against ${plusMinus(explained(their), 3)} in ${seconds(their)} after ${millions(our.visits)} visits`,
  );
  const reached = pairs.map(({ our }) => {
    const first = of(theirs).find((their) => explained(their).mean >= explained(our).mean);
    const what = `${fixed(explained(our).mean, 3)} (${seconds(our)} for \`${ours}\`)`;
    return first
      ? `${what} after ${millions(first.visits)} visits and ${seconds(first)}`
      : `${what} at no number of visits measured`;
  });
  return [
    `\`${ours}\` and \`${theirs}\` explain ${atVisits.join("; ")}.`,
    `\`${theirs}\` reaches ${reached.join("; ")}.`,
  ];
}

/** @returns plain sentences, those without numbers behind them left out */
export function leadOf(groups: readonly MeasuredGroup[]): string {
  return [...bestSentences(groups), ...peerSentences(groups, "batchtopk", "sae-lens-batchtopk")].join(" ");
}
