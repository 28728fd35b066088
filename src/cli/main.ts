#!/usr/bin/env node
/** The program `rewardscope`. */
import { runCli } from "./program.js";

process.exitCode = await runCli(process.argv.slice(2));
