/** `rewardscope export`: writes a run in the formats of other tools. */
import { basename, join, resolve } from "node:path";
import { ConfigError } from "../../errors.js";
import { type ExportName, exportRun, exportTargets } from "../../export/exports.js";
import { nearest } from "../../settings/nearest.js";
import { type Command, stoppable } from "../command.js";

const names = Object.keys(exportTargets) as ExportName[];

export const command: Command<{ to?: string; out?: string }> = {
  arguments: [{ syntax: "[run]", description: "a run folder" }],
  options: [
    {
      flags: "--to <format>",
      description: names.map((name) => `${name}: ${exportTargets[name].summary}`).join("; "),
    },
    { flags: "--out <folder>", description: "a folder that does not exist or is empty; default: exports/RUN-FORMAT" },
  ],
  example: "rewardscope export runs/default --to tables",
  async run([run], { to, out }, { json, print, signal }) {
    const target = names.find((name) => name === to);
    const issues = [
      ...(run === undefined ? [{ path: "[run]", expected: "a run folder", received: "nothing" }] : []),
      ...(target === undefined
        ? [
            {
              path: "--to",
              expected: `one of ${names.join(", ")}`,
              received: to ?? "nothing",
              nearest: nearest(to ?? "", names),
            },
          ]
        : []),
    ];
    if (run === undefined || target === undefined) throw new ConfigError("rewardscope export", issues);
    const folder = out ?? join("exports", `${basename(resolve(run))}-${target}`);
    const work = exportRun(run, target, folder, signal);
    const files = await stoppable(signal, work, "Nothing was written. To begin again: the same command.");
    if (json) return print(JSON.stringify({ format: target, folder: resolve(folder), files }, null, 2));
    print(`${folder}: ${files.join(", ")}`);
  },
};
