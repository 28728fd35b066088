#!/usr/bin/env node
/** The program `rewardscope`. */
import { runCli } from "./program.js";

// Whoever reads may stop reading (`rewardscope presets | head`); that is no error of the program.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
process.exitCode = await runCli(process.argv.slice(2));
