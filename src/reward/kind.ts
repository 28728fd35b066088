/** What a kind of reward is to a configuration: a row of the table in rewards.ts. */
import type { z } from "zod";
import type { HubOptions } from "../io/hub/hub.js";
import type { Reward } from "./reward.js";

/** Settings that every kind may read. */
export interface CommonRewardSettings {
  /** What names the reward: that of its kind, or a file. */
  readonly name: string;
  /** Values of words: `vader`, or a file. */
  readonly lexicon: string;
}

/**
 * @typeParam Fields the settings that this kind alone reads, each with its schema
 * @typeParam Settings what it reads: the values of these fields, and the settings of every kind
 */
export interface RewardKind<Fields extends z.ZodRawShape, Settings extends CommonRewardSettings> {
  /** What it is, in a few words, for the description of the setting. */
  readonly summary: string;
  readonly fields: Fields;
  /**
   * Whether it is the sum of the values of words, so that each word of a text has a share in it.
   */
  readonly words: boolean;
  /** Files, folders and ids on the Hub that it is made of, by the names of their settings. */
  inputs(settings: Settings): Readonly<Record<string, string>>;
  /**
   * Makes the reward. Dispose of it after use: one that holds a model takes as much memory.
   * @throws FormatError when a file that it is made of cannot be used
   */
  load(settings: Settings, options: HubOptions): Promise<Reward>;
  /**
   * The reward in natural language, for a language model that is to judge what has to do with it.
   */
  describe(settings: Settings): RewardDescription;
}

/**
 * A description, or the setting because of which only the user can give one, e.g. `reward.name is a
 * module`.
 */
export type RewardDescription = { readonly text: string } | { readonly unknownSince: string };
