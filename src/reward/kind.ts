/** The type of a kind of reward: a row of the table in rewards.ts. */
import type { z } from "zod";
import type { HubOptions } from "../io/hub/hub.js";
import type { Reward } from "./reward.js";

/** Settings that every kind may read. */
export interface CommonRewardSettings {
  /** The name of the kind, or the file of a module. */
  readonly name: string;
  /** Values of words: `vader`, or a file. */
  readonly lexicon: string;
}

/**
 * A kind of reward: its settings, what it reads, and how it is made of them.
 *
 * @typeParam Fields the settings that only this kind reads, each with its schema
 * @typeParam Settings the values of these fields, and the settings of every kind
 */
export interface RewardKind<Fields extends z.ZodRawShape, Settings extends CommonRewardSettings> {
  /** A few words for the description of the setting. */
  readonly summary: string;
  readonly fields: Fields;
  /** Whether the reward is a sum of values of words. */
  readonly words: boolean;
  /** Files, folders and ids on the Hub that it reads, by the names of their settings. */
  inputs(settings: Settings): Readonly<Record<string, string>>;
  /**
   * Makes the reward. Dispose of it after use, since it may hold a model in memory.
   * @throws FormatError when a file that it reads cannot be used
   */
  load(settings: Settings, options: HubOptions): Promise<Reward>;
  /** The reward in words, for a language model that labels features as related to it or not. */
  describe(settings: Settings): RewardDescription;
}

/** A description, or the reason why only the user can give one, e.g. `reward.name is a module`. */
export type RewardDescription = { readonly text: string } | { readonly unknownSince: string };
