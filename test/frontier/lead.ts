/** The sentences that docs/dictionaries.md begins with, from the numbers of its tables. */
import { detectionOver, fixed, isSparse, MOST_ACTIVE, millions, over, plusMinus, secondsOver } from "./groups.js";
import type { MeasuredGroup } from "./measure.js";

const explained = (group: MeasuredGroup) => over(group, nameOf(group), ({ explainedVariance }) => explainedVariance);
const nameOf = (group: MeasuredGroup) => group.cells[0].measured.at(-1)!.name;
const highest = (groups: readonly MeasuredGroup[], of: (group: MeasuredGroup) => number) =>
  groups.toSorted((a, b) => of(b) - of(a))[0];

/** Which way of training explains most at each number of visits, and which has the best explained features. */
function bestSentences(groups: readonly MeasuredGroup[]): string[] {
  const visits = [...new Set(groups.map((group) => group.visits))];
  const winners = visits.flatMap((budget) => {
    const sparse = groups.filter((one) => one.visits === budget && isSparse(one));
    return sparse.length < 2 ? [] : [highest(sparse, (one) => explained(one).mean)];
  });
  const won = winners.map(
    (one) => `\`${one.recipe.name}\` after ${millions(one.visits)} visits (${plusMinus(explained(one), 3)})`,
  );
  const explainable = groups.filter((one) => Number.isFinite(balanced(one).mean));
  const most = visits.findLast((budget) => explainable.filter((one) => one.visits === budget).length > 1);
  const last = explainable.filter((one) => one.visits === most);
  const clearest = last.length === 0 ? undefined : highest(last, (one) => balanced(one).mean);
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

/** At equal visits, and how long each takes to explain as much as the other; both had their rate chosen. */
function peerSentences(groups: readonly MeasuredGroup[], ours: string, theirs: string): string[] {
  const of = (name: string) => groups.filter(({ recipe }) => recipe.name === name);
  const pairs = of(theirs).flatMap((their) =>
    of(ours).flatMap((our) => (our.visits === their.visits ? [{ our, their }] : [])),
  );
  if (pairs.length === 0) return [];
  const atVisits = pairs.map(
    ({ our, their }) =>
      `${plusMinus(explained(our), 3)} in ${seconds(our)} against ${plusMinus(explained(their), 3)} in ${seconds(their)} after ${millions(our.visits)} visits`,
  );
  return [
    `\`${ours}\` and \`${theirs}\` explain ${atVisits.join("; ")}.`,
    ...[reaches(of(theirs), of(ours)), reaches(of(ours), of(theirs))],
  ];
}

const seconds = (group: MeasuredGroup) => `${fixed(secondsOver(group).mean, 0)} s`;

/** With how much training the one explains as much as the other does. */
function reaches(one: readonly MeasuredGroup[], other: readonly MeasuredGroup[]): string {
  const reached = other.map((goal) => {
    const first = one.find((group) => explained(group).mean >= explained(goal).mean);
    const how = first
      ? `after ${millions(first.visits)} visits and ${seconds(first)}`
      : "after no number of visits here";
    return `${fixed(explained(goal).mean, 3)} (${seconds(goal)}) ${how}`;
  });
  return `What \`${other[0].recipe.name}\` explains, \`${one[0].recipe.name}\` reaches like this: ${reached.join("; ")}.`;
}

/** @returns plain sentences, those without numbers behind them left out */
export function leadOf(groups: readonly MeasuredGroup[]): string {
  return [...bestSentences(groups), ...peerSentences(groups, "batchtopk-untied", "sae-lens-batchtopk")].join("\n\n");
}
