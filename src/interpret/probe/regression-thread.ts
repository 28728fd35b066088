/** The thread that solves regressions, in the order of their messages. */
import { parentPort } from "node:worker_threads";
import { type Regression, solve } from "./regression.js";

parentPort!.on("message", (regression: Regression) => {
  parentPort!.postMessage(solve(regression));
});
