/** Settings for training autoencoders exactly as in the paper. */
import { isObject } from "../io/json-object.js";
import type { Config } from "./config.js";

/**
 * Values of the settings that are not of the paper, for its presets and for runs of versions
 * without these settings.
 */
export const plainTraining = {
  freeEncoder: false,
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
 * A configuration from run.json or plans.json, completed with the values that versions without
 * these settings used. The files have every field of their version, so a missing field is of a
 * later one.
 */
export function withPlainTraining(config: unknown): unknown {
  if (!isObject(config) || !isObject(config.dictionaries)) return config;
  const { activationGib, freeEncoder } = plainTraining;
  const later =
    "shuffleTokens" in config.dictionaries ? { activationGib, freeEncoder, ...config.dictionaries } : plainTraining;
  return { ...config, dictionaries: { ...config.dictionaries, ...later } };
}
