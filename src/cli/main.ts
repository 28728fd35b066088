#!/usr/bin/env node
/** The program `rewardscope`. */
import { runCli } from "./program.js";

// The reader of a pipe may close it (`rewardscope presets | head`); this is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
process.exitCode = await runCli(process.argv.slice(2));
