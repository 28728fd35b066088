/** Autoencoders trained without all that came after the paper. */
import { isObject } from "../io/json-object.js";
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
  activationGib: 0,
} as const satisfies Partial<Config["dictionaries"]>;

/**
 * A configuration as run.json and plans.json hold it, with what training meant in versions that had no
 * settings for it. They hold every field of their version, so a field that is missing came later.
 */
export function withPlainTraining(config: unknown): unknown {
  if (!isObject(config) || !isObject(config.dictionaries)) return config;
  const { activationGib } = plainTraining;
  const later = "shuffleTokens" in config.dictionaries ? { activationGib, ...config.dictionaries } : plainTraining;
  return { ...config, dictionaries: { ...config.dictionaries, ...later } };
}
