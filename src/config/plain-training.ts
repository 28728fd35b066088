/** Autoencoders trained without all that came after the paper. */
import type { Config } from "./config.js";

/**
 * The settings of training that the paper does not have: those of its presets, and of runs that began
 * before there were such settings.
 */
export const plainTraining = {
  shuffleTokens: 0,
  warmup: 0,
  decay: 0,
  ramp: 0,
  auxCoef: 0,
  start: "xavier",
  refit: false,
  shared: false,
} as const satisfies Partial<Config["dictionaries"]>;
