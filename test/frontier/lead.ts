/** The sentences that docs/dictionaries.md begins with, from the numbers of its tables. */
import { fixed, isSparse, MOST_ACTIVE, millions, plusMinus, type Summary } from "./summary.js";

const highest = (rows: readonly Summary[], of: (row: Summary) => number) => rows.toSorted((a, b) => of(b) - of(a))[0];

/** Which way of training explains most at each number of visits, and which has the best explained features. */
function bestSentences(rows: readonly Summary[]): string[] {
  const visits = [...new Set(rows.map(({ visits: budget }) => budget))];
  const winners = visits.flatMap((budget) => {
    const sparse = rows.filter((one) => one.visits === budget && isSparse(one));
    return sparse.length < 2 ? [] : [highest(sparse, (one) => one.explainedVariance.mean)];
  });
  const won = winners.map(
    (one) => `\`${one.recipe}\` after ${millions(one.visits)} visits (${plusMinus(one.explainedVariance, 3)})`,
  );
  const explainable = rows.filter((one) => Number.isFinite(one.detection.mean));
  const most = visits.findLast((budget) => explainable.filter((one) => one.visits === budget).length > 1);
  const last = explainable.filter((one) => one.visits === most);
  const clearest = last.length === 0 ? undefined : highest(last, (one) => one.detection.mean);
  return [
    ...(won.length === 0
      ? []
      : [
          `Of those with at most ${MOST_ACTIVE} active features per token, ${won.join(", ")} explain${won.length > 1 ? "" : "s"} most variance.`,
        ]),
    ...(clearest
      ? [
          `Explanations predict best which texts activate a feature for \`${clearest.recipe}\` after ${millions(clearest.visits)} visits (${plusMinus(clearest.detection, 3)}).`,
        ]
      : []),
  ];
}

/** At equal visits, and how long each takes to explain as much as the other; both had their rate chosen. */
function peerSentences(rows: readonly Summary[], ours: string, theirs: string): string[] {
  const of = (name: string) => rows.filter(({ recipe }) => recipe === name);
  const pairs = of(theirs).flatMap((their) =>
    of(ours).flatMap((our) => (our.visits === their.visits ? [{ our, their }] : [])),
  );
  if (pairs.length === 0) return [];
  const atVisits = pairs.map(
    ({ our, their }) =>
      `${plusMinus(our.explainedVariance, 3)} in ${seconds(our)} against ${plusMinus(their.explainedVariance, 3)} in ${seconds(their)} after ${millions(our.visits)} visits`,
  );
  return [
    `\`${ours}\` and \`${theirs}\` explain ${atVisits.join("; ")}.`,
    ...[reaches(of(theirs), of(ours)), reaches(of(ours), of(theirs))],
  ];
}

const seconds = (row: Summary) => `${fixed(row.cpuSeconds, 0)} s`;

/** With how much training the one explains as much as the other does. */
function reaches(one: readonly Summary[], other: readonly Summary[]): string {
  const reached = other.map((goal) => {
    const first = one.find((row) => row.explainedVariance.mean >= goal.explainedVariance.mean);
    const how = first
      ? `after ${millions(first.visits)} visits and ${seconds(first)}`
      : "after no number of visits here";
    return `${fixed(goal.explainedVariance.mean, 3)} (${seconds(goal)}) ${how}`;
  });
  return `What \`${other[0].recipe}\` explains, \`${one[0].recipe}\` reaches like this: ${reached.join("; ")}.`;
}

/**
 * @param rows the largest dictionaries
 * @returns plain sentences, those without numbers behind them left out
 */
export function leadOf(rows: readonly Summary[]): string {
  return [...bestSentences(rows), ...peerSentences(rows, "batchtopk-untied", "sae-lens-batchtopk")].join("\n\n");
}
