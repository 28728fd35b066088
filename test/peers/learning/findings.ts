/** What the curves of both sides show, written as a page with figures and the numbers beside it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as Plot from "@observablehq/plot";
import { readJson, writeFileAtomic } from "../../../src/io/atomic.js";
import { readJsonl } from "../../../src/io/jsonl.js";
import { colours, draw } from "../../../src/report/figures/figure.js";
import { average, standardDeviation } from "../../../src/rlhf/moments.js";
import type { SharedSettings } from "./settings.js";

type Side = "trl" | "ours";
interface Point {
  side: Side;
  seed: number;
  batch: number;
  reward: number;
  kl: number;
}
const measures = { reward: "mean reward of a batch", kl: "KL from the base model (nats per response)" } as const;
type Measure = keyof typeof measures;

/** 97.5% point of Student's t with 8 degrees of freedom: five seeds against five. */
const T_8 = 2.306;

async function readCurves(folder: string): Promise<Point[]> {
  const points: Point[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const match = /^(trl|ours)-(\d+)\.jsonl$/.exec(name);
    if (!match) continue;
    for await (const row of readJsonl(join(folder, name)))
      points.push({ ...(row as Point), side: match[1] as Side, seed: Number(match[2]) });
  }
  const last = Math.min(...seedsOf(points).map(({ rows }) => rows.length));
  return points.filter(({ batch }) => batch <= last);
}

/** The values by key, keys in the order in which they first come. */
function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const key = keyOf(value);
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return groups;
}

function seedsOf(points: readonly Point[]): { side: Side; rows: Point[] }[] {
  return [...groupBy(points, ({ side, seed }) => `${side} ${seed}`).values()].map((rows) => ({
    side: rows[0].side,
    rows,
  }));
}

/** TRL's least, mean and largest value of every batch. */
function bandOf(points: readonly Point[], measure: Measure) {
  const byBatch = groupBy(
    points.filter(({ side }) => side === "trl"),
    ({ batch }) => batch,
  );
  return [...byBatch].map(([batch, rows]) => {
    const values = rows.map((row) => row[measure]);
    return { batch, low: Math.min(...values), mean: average(values), high: Math.max(...values) };
  });
}

function figure(points: readonly Point[], measure: Measure, description: string): string {
  const ours = points.filter(({ side }) => side === "ours");
  return draw(`${measures[measure]}: ${description}`, {
    width: 640,
    height: 300,
    marginLeft: 48,
    marginBottom: 40,
    marginTop: 28,
    x: { label: "batch →", labelAnchor: "right" },
    y: { label: `↑ ${measures[measure]}`, grid: true },
    marks: [
      Plot.areaY(bandOf(points, measure), { x: "batch", y1: "low", y2: "high", fill: colours.base, fillOpacity: 0.25 }),
      Plot.lineY(bandOf(points, measure), {
        x: "batch",
        y: "mean",
        stroke: colours.base,
        strokeWidth: 2,
        strokeDasharray: "5 3",
      }),
      Plot.lineY(ours, {
        x: "batch",
        y: measure,
        z: "seed",
        stroke: colours.tuned,
        strokeWidth: 1,
        strokeOpacity: 0.8,
      }),
    ],
  });
}

/** Two means and their difference with the 95% interval of the pooled t-test over seeds. */
function compareSeeds(points: readonly Point[], measure: Measure, from: number) {
  const means = (side: Side): number[] =>
    seedsOf(points.filter((point) => point.side === side && point.batch >= from)).map(({ rows }) =>
      average(rows.map((row) => row[measure])),
    );
  const [ours, theirs] = [means("ours"), means("trl")];
  if (ours.length !== 5 || theirs.length !== 5)
    throw new Error(`five seeds each are expected, ${ours.length} and ${theirs.length} came`);
  const difference = average(ours) - average(theirs);
  const pooled = Math.sqrt((standardDeviation(ours) ** 2 + standardDeviation(theirs) ** 2) / 5);
  return {
    ours: average(ours),
    theirs: average(theirs),
    difference,
    low: difference - T_8 * pooled,
    high: difference + T_8 * pooled,
  };
}

const two = (value: number): string => value.toFixed(2);

/** Writes learning.md, learning-reward.svg, learning-kl.svg and learning.csv into `docs`. */
export async function writeFindings(folder: string, docs: string): Promise<void> {
  const points = await readCurves(folder);
  const { ppo } = (await readJson(join(folder, "settings.json"))) as SharedSettings;
  const batches = Math.max(...points.map(({ batch }) => batch));
  const window = Math.round(batches / 3);
  const rows = (Object.keys(measures) as Measure[]).map((measure) => {
    const band = new Map(bandOf(points, measure).map((item) => [item.batch, item]));
    const ours = points.filter(({ side }) => side === "ours");
    // In the first batch both policies are the base model: KL is 0 for all.
    const outside = ours.filter((point) => {
      const { low, high } = band.get(point.batch)!;
      return point[measure] < low || point[measure] > high;
    });
    const means = [...groupBy(ours, ({ batch }) => batch)].map(([batch, list]) => ({
      batch,
      mean: average(list.map((p) => p[measure])),
    }));
    const meansInside = means.filter(
      ({ batch, mean }) => mean >= band.get(batch)!.low && mean <= band.get(batch)!.high,
    );
    const late = compareSeeds(points, measure, batches - window + 1);
    const all = compareSeeds(points, measure, 1);
    return {
      measure,
      ours: ours.length,
      outside: outside.length,
      means: means.length,
      inside: meansInside.length,
      late,
      all,
    };
  });
  for (const { measure, late } of rows) {
    const description = `at the end ${two(late.ours)} ours, ${two(late.theirs)} TRL's.`;
    await writeFileAtomic(join(docs, `learning-${measure}.svg`), `${figure(points, measure, description)}\n`);
  }
  const csv = points.map(({ side, seed, batch, reward, kl }) =>
    [side, seed, batch, reward.toFixed(6), kl.toFixed(6)].join(),
  );
  await writeFileAtomic(join(docs, "learning.csv"), `${["side,seed,batch,reward,kl", ...csv].join("\n")}\n`);

  const interval = ({ difference, low, high }: { difference: number; low: number; high: number }): string =>
    `${two(difference)} [${two(low)}, ${two(high)}]`;
  const table = rows.map(
    ({ measure, ours, outside, means, inside, late, all }) =>
      `| ${measure} | ${outside} of ${ours} | ${inside} of ${means} | ${two(late.ours)} | ${two(late.theirs)} | ${interval(late)} | ${interval(all)} |`,
  );
  const settings = (
    [
      "batchSize",
      "miniBatchSize",
      "ppoEpochs",
      "learningRate",
      "klCoef",
      "klTarget",
      "klHorizon",
      "gamma",
      "lambda",
      "clipRange",
      "clipRangeValue",
      "vfCoef",
      "maxGradNorm",
      "ratioThreshold",
      "valueHeadDropout",
      "queryTokens",
      "responseTokens",
    ] as const
  ).map((name) => `\`${name}\` ${JSON.stringify(ppo[name])}`);
  const page = `# Learning beside TRL

The embedded model, tuned by TRL 0.7.7 in Python and by rewardscope, five seeds each, ${batches} batches of ${ppo.batchSize}.
Written by \`npx tsx test/peers/learning/band.ts FOLDER --set ppo.batches=${batches}\`; [learning.csv](learning.csv) has every number.

![Reward](learning-reward.svg)

![KL](learning-kl.svg)

Orange: from the least to the largest of TRL's five seeds, dashed their mean. Blue: our five seeds.

| | our points outside TRL's band | our means inside it | ours, last ${window} batches | TRL, last ${window} batches | difference, last ${window} batches | difference, all batches |
| --- | --- | --- | --- | --- | --- | --- |
${table.join("\n")}

Differences are ours minus TRL's, of the means of seeds, with the 95% interval of a t-test over the seeds (8 degrees of freedom). Were both
sides the same program, a third of our points would lie outside: a sixth value lies beyond the extremes of five others with probability 2/6.

## What was shared

- the model \`assets/embedded\` in single precision; reference and policy start from it
- the texts of the \`default\` preset's tune stage in their order, as token ids: batch after batch the same beginnings on both sides
- the reward of Eq. 3: VADER's values of the words, divided by 5, at most 10. TRL's side takes words from spaCy 3.7.5, since 3.8 does not go with
  NumPy 1 and so not with PyTorch 2.1.2
- the settings of that stage, all but the number of batches: ${settings.join(", ")}; Adam, constant rate, adaptive KL coefficient; gradients
  clipped in every step. TRL 0.7.7 as installed clips the first step only: the list of parameters is given to it again as a list, nothing
  else of it is changed
- sampling from the whole vocabulary at temperature 1; an end-of-text token ends a response

Drawn anew by each seed and side: lengths of queries and responses, the sampled tokens, the value head's first weights and its dropout, the
order of the minibatches. TRL leaves the value head's dropout on when it computes old values; we do not.
`;
  await writeFileAtomic(join(docs, "learning.md"), page);
}
