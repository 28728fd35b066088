/** `rewardscope benchmark`: how well methods find rewards that are known. */
import { methods } from "../../benchmark/methods/methods.js";
import { organisms, quickOrganisms } from "../../benchmark/organisms/organisms.js";
import { runBenchmark } from "../../benchmark/run/benchmark.js";
import { ConfigError } from "../../errors.js";
import type { BenchmarkResults } from "../../results/benchmark.js";
import { type Command, Interrupted } from "../command.js";
import { parseSeeds } from "../seed-list.js";

interface BenchmarkCommandOptions {
  quick?: boolean;
  organisms?: string;
  seeds?: string;
  out?: string;
  resume?: boolean;
}

const shown = (value: number | null, digits = 2): string => (value === null ? "-" : value.toFixed(digits));

/** The table of methods in columns of equal width. */
function tableOf({ methods: rows, chance }: BenchmarkResults): string {
  const table = [
    ["method", "recall@10", "AP", "AUROC", "sign", "false 95%", "false all", "dose", "seconds"],
    ...rows.map((row) => [
      row.method,
      ...[row.recallAt10, row.averagePrecision, row.auroc, row.rightSign].map((value) => shown(value)),
      ...[row.falseAt95, row.falseAtAll].map((value) => shown(value)),
      row.smallestDose === null ? "-" : String(row.smallestDose),
      row.seconds.toFixed(1),
    ]),
    ["by lot", shown(chance.recallAt10), shown(chance.averagePrecision), "0.50", "0.50", "", "", "", ""],
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "))
    .join("\n");
}

export const command: Command<BenchmarkCommandOptions> = {
  arguments: [],
  options: [
    { flags: "--quick", description: `six organisms, one seed: ${quickOrganisms.join(", ")}` },
    {
      flags: "--organisms <folder>",
      description: "rank pairs of others: organisms/NAME/organism.json and, where it is known, truth/NAME.json",
    },
    { flags: "--seeds <list>", description: "seeds of tuning, e.g. 1,2,3; default: 1 with --quick, else 1,2,3" },
    { flags: "--out <folder>", description: "default: runs/benchmark" },
    { flags: "--resume", description: "continue the benchmark in the folder" },
  ],
  example: "rewardscope benchmark --quick --out runs/benchmark",
  async run(_, { quick = false, organisms: given, seeds: list, out = "runs/benchmark", resume = false }, context) {
    const { json, print, signal, observer } = context;
    const seeds = parseSeeds(list ?? (quick ? "1" : "1,2,3"));
    const issues = "path" in seeds ? [seeds] : [];
    if (given !== undefined && (quick || list !== undefined))
      issues.push({
        path: "--organisms",
        expected: "no --quick and no --seeds, which make organisms",
        received: "both",
      });
    if (issues.length > 0 || "path" in seeds) throw new ConfigError("rewardscope benchmark", issues);
    const options = {
      ...{ out, resume, seeds, methods, given, signal, observer: await observer() },
      organisms: quick ? organisms.filter(({ name }) => quickOrganisms.includes(name)) : organisms,
    };
    try {
      const results = await runBenchmark(options);
      print(json ? JSON.stringify(results, null, 2) : `\n${tableOf(results)}\n\npage         ${out}/benchmark.html`);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Interrupted("Finished pairs and rankings are kept; the same command with --resume goes on.");
    }
  },
};
