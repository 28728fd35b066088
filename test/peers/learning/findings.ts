/** What the curves of both sides show, written as a page with figures and the numbers beside it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as Plot from "@observablehq/plot";
import { readJson, writeFileAtomic } from "../../../src/io/atomic.js";
import { readJsonl } from "../../../src/io/jsonl.js";
import { colours, draw } from "../../../src/report/figures/figure.js";
import { mean, standardDeviation } from "../../../src/stats/moments.js";
import type { SharedSettings } from "./settings.js";

const sides = { trl: "TRL", ours: "ours", dropout: "ours with dropout" } as const;
type Side = keyof typeof sides;
interface Point {
  side: Side;
  seed: number;
  batch: number;
  reward: number;
  kl: number;
  valueLoss: number;
}
const measures = {
  reward: "mean reward of a batch",
  kl: "KL from the base model (nats per response)",
  valueLoss: "value loss (squared reward)",
} as const;
const titles = { reward: "reward", kl: "KL", valueLoss: "value loss" } as const;
const drawn = ["reward", "kl"] as const;
type Measure = keyof typeof measures;

/** 97.5% point of Student's t with 8 degrees of freedom: five seeds against five. */
const T_8 = 2.306;

async function readCurves(folder: string): Promise<Point[]> {
  const points: Point[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const match = /^(trl|ours|dropout)-(\d+)\.jsonl$/.exec(name);
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
    return { batch, low: Math.min(...values), mean: mean(values), high: Math.max(...values) };
  });
}

function figure(points: readonly Point[], measure: Measure, description: string): string {
  const ours = points.filter(({ side }) => side === "ours");
  return draw(`${measures[measure]}: ${description}`, {
    width: 640,
    height: 300,
    // On a page of its own the picture may stand on any ground.
    style: { background: "white", color: "black", fontSize: "12px" },
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

const two = (value: number): string => value.toFixed(2);

/** A side's mean beside TRL's over the batches from one to another, and the difference with the 95% interval of a t-test over the seeds. */
function compareSeeds(
  points: readonly Point[],
  side: Side,
  measure: Measure,
  from: number,
  to = Number.POSITIVE_INFINITY,
) {
  const meansOf = (wanted: Side): number[] =>
    seedsOf(points.filter((point) => point.side === wanted && point.batch >= from && point.batch <= to)).map(
      ({ rows }) => mean(rows.map((row) => row[measure])),
    );
  const [ours, theirs] = [meansOf(side), meansOf("trl")];
  if (ours.length !== 5 || theirs.length !== 5)
    throw new Error(`five seeds each are expected, ${ours.length} and ${theirs.length} came`);
  const difference = mean(ours) - mean(theirs);
  const reach = T_8 * Math.sqrt((standardDeviation(ours) ** 2 + standardDeviation(theirs) ** 2) / 5);
  const interval = `${two(difference)} [${two(difference - reach)}, ${two(difference + reach)}]`;
  return { ours: mean(ours), theirs: mean(theirs), interval };
}

/** One row of the table: where a side's curves lie beside TRL's. */
function tableRow(points: readonly Point[], side: Side, measure: Measure, window: number): string {
  const band = new Map(bandOf(points, measure).map((item) => [item.batch, item]));
  // At first every policy is the base model: the KL of the first batch is 0 for all.
  const own = points.filter((point) => point.side === side && !(measure === "kl" && point.batch === 1));
  const isInside = (batch: number, value: number): boolean =>
    value >= band.get(batch)!.low && value <= band.get(batch)!.high;
  const outside = own.filter((point) => !isInside(point.batch, point[measure]));
  const means = [...groupBy(own, ({ batch }) => batch)].map(([batch, rows]) => ({
    batch,
    mean: mean(rows.map((row) => row[measure])),
  }));
  const inside = means.filter(({ batch, mean }) => isInside(batch, mean));
  const batches = Math.max(...points.map(({ batch }) => batch));
  const first = compareSeeds(points, side, measure, 1, window);
  const last = compareSeeds(points, side, measure, batches - window + 1);
  const all = compareSeeds(points, side, measure, 1);
  const cells = [
    `${titles[measure]}, ${sides[side]}`,
    `${outside.length} of ${own.length}`,
    `${inside.length} of ${means.length}`,
    two(last.ours),
    two(last.theirs),
    first.interval,
    last.interval,
    all.interval,
  ];
  return `| ${cells.join(" | ")} |`;
}

const sharedSettings = [
  ...["batchSize", "miniBatchSize", "ppoEpochs", "learningRate", "klCoef", "klTarget", "klHorizon", "gamma", "lambda"],
  ...["clipRange", "clipRangeValue", "vfCoef", "maxGradNorm", "ratioThreshold", "queryTokens", "responseTokens"],
] as (keyof SharedSettings["ppo"])[];

/** Writes learning.md, learning-reward.svg, learning-kl.svg and learning.csv into `docs`. */
export async function writeFindings(folder: string, docs: string): Promise<void> {
  const points = await readCurves(folder);
  const { ppo } = (await readJson(join(folder, "settings.json"))) as SharedSettings;
  const batches = Math.max(...points.map(({ batch }) => batch));
  const window = Math.round(batches / 3);
  const late = batches - window + 1;
  const names = Object.keys(measures) as Measure[];
  for (const measure of drawn) {
    const { ours, theirs } = compareSeeds(points, "ours", measure, late);
    const description = `in the last ${window} batches ${two(ours)} ours, ${two(theirs)} TRL's.`;
    await writeFileAtomic(join(docs, `learning-${measure}.svg`), `${figure(points, measure, description)}\n`);
  }
  const csv = points.map(({ side, seed, batch, ...point }) =>
    [side, seed, batch, ...names.map((measure) => point[measure].toFixed(6))].join(),
  );
  await writeFileAtomic(join(docs, "learning.csv"), `${[`side,seed,batch,${names}`, ...csv].join("\n")}\n`);

  const table = (["ours", "dropout"] as const).flatMap((side) =>
    names.map((measure) => tableRow(points, side, measure, window)),
  );
  const page = `# Comparison with TRL

The embedded model, tuned by TRL 0.7.7 in Python and by rewardscope, five seeds each, ${batches} batches of ${ppo.batchSize}.
Written by \`npx tsx test/peers/learning/band.ts FOLDER --set ppo.batches=${batches}\`; [learning.csv](learning.csv) has every number.

![Reward](learning-reward.svg)

![KL](learning-kl.svg)

Orange: the range of TRL's five seeds; dashed: their mean. Blue: the five seeds of rewardscope ("ours").

| | points outside TRL's band | our means inside it | ours, last ${window} batches | TRL, last ${window} batches | difference, first ${window} batches | difference, last ${window} batches | difference, all batches |
| --- | --- | --- | --- | --- | --- | --- | --- |
${table.join("\n")}

Differences are ours minus TRL's, between means over seeds, with the 95% interval of a t-test over the seeds (8 degrees of freedom). If both
sides were the same program, a third of the points would lie outside the band: a sixth value lies beyond the extremes of five others with
probability 2/6. \`npm run test:peers\` shows that the computation is the same, number by number, on two batches that TRL samples from this model;
these curves include the effect of sampling. Of nine independent 95% intervals, at least one excludes 0 with probability 37%.

TRL's value head has a dropout of 0.1, which is never applied, since its trainer sets the model to evaluation mode before every pass.
Therefore no preset has dropout. The rows "ours with dropout" drop a tenth of the states in training passes: their
value loss is above TRL's band, as expected with that noise, and their KL grows slightly more slowly.

## Shared by both sides

- the model \`assets/embedded\` in single precision; reference and policy start from it
- the texts of the \`default\` preset's tune stage in their order, as token ids: the same prompts in every batch
- the reward of Eq. 3: VADER's values of the words, divided by 5, at most 10. TRL's side takes words from spaCy 3.7.5, since 3.8 is not
  compatible with NumPy 1 and therefore not with PyTorch 2.1.2
- the settings of that stage, except the number of batches and the dropout: ${sharedSettings.map((name) => `\`${name}\` ${JSON.stringify(ppo[name])}`).join(", ")};
  Adam, constant rate, adaptive KL coefficient, gradients clipped in every step. TRL 0.7.7 as installed clips only the first step; here
  its parameters are passed as a list, which is the only change to it
- sampling from the whole vocabulary at temperature 1; an end-of-text token ends a response

Different for each seed and side: lengths of queries and responses, the sampled tokens, the value head's initial weights, the order of the
minibatches.
`;
  await writeFileAtomic(join(docs, "learning.md"), page);
}
