/**
 * Rewards: functions of texts, which tuning maximises.
 *
 * @module
 */

export { classifierReward } from "./classifier.js";
export type { CommonRewardSettings, RewardKind } from "./kind.js";
export { type ModuleRewardOptions, moduleReward } from "./module.js";
export type { Reward } from "./reward.js";
export { type RewardName, type RewardSettings, rewardKind, rewardNamed, rewards } from "./rewards.js";
export { scoreWords, type VaderRewardOptions, vaderReward, type WordScore } from "./vader.js";
