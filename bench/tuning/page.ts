/** docs/tuning.md with its figure and its numbers, from the runs of all arms. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as Plot from "@observablehq/plot";
import { writeFileAtomic } from "../../src/io/atomic.js";
import { colours, draw } from "../../src/report/figures/figure.js";
import type { TuneResults, TuningMetrics } from "../../src/results/results.js";
import { diagnoseKl } from "../../src/rlhf/index.js";
import { mean, standardDeviation } from "../../src/stats/moments.js";
import { quantile } from "../../src/stats/quantile.js";
import type { Arm } from "./arms.js";

/** A finished run of an arm. */
export interface ArmRun {
  readonly arm: Arm;
  /** A seed, or `twin`: the first seed with weights that differ by rounding. */
  readonly name: string;
  readonly tune: TuneResults;
  readonly metrics: readonly TuningMetrics[];
  readonly seconds: number;
}

const two = (value: number): string => value.toFixed(2);
const gainOf = ({ tune }: ArmRun): number => tune.reward.difference.value;
const klPerToken = ({ tune }: ArmRun): number => tune.kl.value / tune.newTokens;

/** The diagnosis of the report; the target plays no part in it. */
const isAtRest = ({ metrics }: ArmRun): boolean => diagnoseKl(metrics, 1)?.plateau ?? false;

const median = (values: readonly number[]): number => quantile(values, 0.5);

/** An arm's runs: its seeds, and the twin of the first. */
export function armsOf(runs: readonly ArmRun[]): { arm: Arm; seeds: ArmRun[]; twin?: ArmRun }[] {
  return [...new Set(runs.map(({ arm }) => arm))].map((arm) => {
    const own = runs.filter((run) => run.arm === arm);
    return { arm, seeds: own.filter(({ name }) => name !== "twin"), twin: own.find(({ name }) => name === "twin") };
  });
}

function row({ arm, seeds, twin }: ReturnType<typeof armsOf>[number]): string {
  const gains = seeds.map(gainOf);
  const kls = seeds.map(klPerToken);
  const rest = seeds.filter(isAtRest).length;
  const cells = [
    arm.name,
    gains.map(two).join(", "),
    two(mean(gains)),
    two(standardDeviation(gains) / mean(gains)),
    twin ? two(Math.abs(gainOf(twin) - gains[0])) : "-",
    `${two(Math.min(...kls))} to ${two(Math.max(...kls))}`,
    two(Math.max(...kls) / Math.min(...kls)),
    two(Math.min(...seeds.map(({ tune }) => tune.distinct2.tuned))),
    median(seeds.map(({ tune }) => tune.basePerplexity.tuned.value)).toFixed(0),
    `${rest} of ${seeds.length}`,
    median(seeds.map(({ seconds }) => seconds)).toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

function figure(runs: readonly ArmRun[]): string {
  const points = runs
    .filter(({ name }) => name !== "twin")
    .flatMap(({ arm, name, metrics }) =>
      metrics.map((batch) => ({
        arm: arm.name,
        seed: name,
        share: batch.batch / metrics.length,
        kl: batch["objective/kl"] / batch["tokens/responses_len_mean"],
      })),
    );
  const names = [...new Set(points.map(({ arm }) => arm))];
  const smooth = { k: 5, anchor: "middle", strict: false } as const;
  return draw(`KL per token over the course of tuning, a panel per arm (${names.join(", ")}), a line per seed.`, {
    width: 60 + 110 * names.length,
    height: 260,
    // On a page of its own the picture may stand on any ground.
    style: { background: "white", color: "black", fontSize: "12px" },
    marginLeft: 48,
    marginBottom: 40,
    marginTop: 48,
    fx: { label: null, domain: names },
    x: { label: "share of the batches →", ticks: [0, 0.5], labelAnchor: "right" },
    y: { label: "↑ KL (nats per token), cut at 1", grid: true, domain: [0, 1], clamp: true },
    marks: [
      Plot.lineY(
        points,
        Plot.windowY(smooth, { x: "share", y: "kl", z: "seed", fx: "arm", stroke: colours.tuned, strokeOpacity: 0.8 }),
      ),
    ],
  });
}

function csv(runs: readonly ArmRun[]): string {
  const head = "arm,seed,gain,gain_low,gain_high,kl,kl_per_token,distinct2,perplexity,plateau,seconds";
  const lines = runs.map((run) => {
    const { arm, name, tune, seconds } = run;
    const { value, low, high } = tune.reward.difference;
    const numbers = [value, low, high, tune.kl.value, klPerToken(run), tune.distinct2.tuned];
    const cells = [arm.name, name, ...numbers.map((one) => one.toFixed(4)), tune.basePerplexity.tuned.value.toFixed(1)];
    return [...cells, isAtRest(run), seconds.toFixed(0)].join(",");
  });
  return `${[head, ...lines].join("\n")}\n`;
}

const HEAD = [
  "arm",
  "gain, each seed",
  "mean",
  "s.d. / mean",
  "twin",
  "KL per token",
  "most / least",
  "distinct-2, least",
  "perplexity",
  "at rest",
  "seconds",
];

/** @param reading what people made of the table, which the command does not know */
function page(runs: readonly ArmRun[], reading: string): string {
  const arms = armsOf(runs);
  const [{ tune }] = runs;
  return `# Tuning that seeds agree on

The embedded model, tuned in ${arms.length} ways ("arms") within TRL 0.7.7's semantics, ${arms[0].seeds.length} seeds each. Written by \`npm run tuning\`;
[tuning.csv](tuning.csv) has every run.

![KL per token over the batches](tuning-kl.svg)

${arms.map(({ arm }) => `- **${arm.name}**: ${arm.summary}`).join("\n")}

| ${HEAD.join(" | ")} |
| ${HEAD.map(() => "---").join(" | ")} |
${arms.map(row).join("\n")}

- **gain**: mean reward of ${tune.reward.difference.n} completions of held-out prompts, tuned less base model, same prompts and random numbers; its standard error is about 0.06
- **twin**: distance in gain between the first seed and the same seed from weights multiplied by 1 + 1e-7 normal noise. It
  shows what another order of additions does, such as that of another number of threads
- **KL per token**: nats per completion, divided by ${tune.newTokens}, the most tokens that a completion has. A run divides by the tokens that were written, about 36,
  since some completions end early; its figure is larger by a tenth. A KL per response of tuning is over 8 to 20 tokens
- **perplexity**: the base model's, of the tuned model's completions, median over seeds
- **at rest**: runs whose KL per token rose by at most 15% between the last two sixths of the batches; the report says it of every run
- **seconds** of tuning, median; other work ran beside some of them, so a hint

## How we read it

Written by hand (\`bench/tuning/reading.md\`).

${reading.trimEnd()}

## Why a controller does not help

TRL's controller multiplies the coefficient by 1 ± 0.2 · 64 / horizon per batch of 64. With the horizon of 10,000 it moves by at most
5% in 36 batches: the target steers nothing. With a horizon of 256 it lowers the coefficient as long as KL is below its
target; when KL arrives there, the penalty is too weak to hold it. A run warns of this.

## Which coefficient

Where the base model's rewards are normal with standard deviation s, the best policy under a penalty of coefficient b gains s²/b of
reward at a KL of s²/(2b²). So a KL of K asks for b = s / √(2K). Every run prints both after its first batch; \`ppo.klCoef: auto\` takes
this b for \`ppo.klTarget\`. In the runs above rewards of the first batch have a standard deviation of ${two(median(runs.map(({ metrics }) => metrics[0]["objective/scores_std"])))} (median).
The b is an estimate, and KL may end above K or below it: rewards need not be normal, and s includes differences between prompts, which no policy can change.

## After tuning

\`ppo.averageBatches=N\` takes the mean of the weights after each of the last N batches; \`ppo.interpolation=a\` then takes
base + a (tuned - base), which gives back reward for a smaller KL.
`;
}

/** @param docs the folder of the pages */
export async function writeTuningPage(runs: readonly ArmRun[], docs: string): Promise<void> {
  await writeFileAtomic(join(docs, "tuning-kl.svg"), `${figure(runs)}\n`);
  await writeFileAtomic(join(docs, "tuning.csv"), csv(runs));
  const reading = await readFile(join(import.meta.dirname, "reading.md"), "utf8");
  await writeFileAtomic(join(docs, "tuning.md"), page(runs, reading));
}
