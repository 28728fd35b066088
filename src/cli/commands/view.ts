/** `rewardscope view`: shows reports, progress and a playground in the browser, and runs runs. */
import { fileURLToPath } from "node:url";
import { ConfigError } from "../../errors.js";
import { listen } from "../../server/listen.js";
import type { Command } from "../command.js";

/** This program, as what follows `node`. */
function ownProgram(): string[] {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return [...process.execArgv, fileURLToPath(new URL(`../main.${extension}`, import.meta.url))];
}

export const command: Command<{ port?: string; host?: string; readOnly?: boolean }> = {
  arguments: [{ syntax: "[folder]", description: "a run folder, or a folder of runs; default: runs" }],
  options: [
    { flags: "--port <n>", description: "the port; default: 4040 or the next free one; 0: any free one" },
    {
      flags: "--host <address>",
      description:
        "the address to listen on; default: 127.0.0.1, which only this machine can reach. Elsewhere nothing can be started or stopped",
    },
    { flags: "--read-only", description: "show runs only: start and stop none from the pages" },
  ],
  example: "rewardscope view runs",
  async run([folder = "runs"], { port = "4040", host = "127.0.0.1", readOnly }, { json, print, signal }) {
    const number = Number(port);
    if (!(Number.isInteger(number) && number >= 0 && number <= 65535) || port.trim() === "")
      throw new ConfigError("rewardscope view", [
        { path: "--port", expected: "a whole number from 0 to 65535", received: port },
      ]);
    const { url, controlUrl, ended } = await listen({
      ...{ folder, host, port: number, signal },
      ...(!readOnly && { program: ownProgram() }),
    });
    print(json ? JSON.stringify({ url, controlUrl }) : `${controlUrl ?? url}   (Ctrl-C to stop)`);
    await ended;
  },
};
