/**
 * The whole interface for programs, by folder. The sub-paths (`rewardscope/model`, ...) load only
 * their part.
 *
 * @module
 */

export * as compare from "./compare/index.js";
export * from "./errors.js";
export * as interpret from "./interpret/index.js";
export * as model from "./model/index.js";
export * as pipeline from "./pipeline/index.js";
export * as report from "./report/index.js";
export * as reward from "./reward/index.js";
export * as rlhf from "./rlhf/index.js";
export { Rng } from "./rng.js";
export * as sae from "./sae/index.js";
export * as stats from "./stats/index.js";
export * as text from "./text/index.js";
