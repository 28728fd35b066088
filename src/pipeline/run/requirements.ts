/** What a stage needs of the inputs of its run, said before any stage runs. */
import type { Config } from "../../config/config.js";
import type { ConfigIssue } from "../../errors.js";
import type { WordTokens } from "../../interpret/index.js";
import type { Part } from "../inputs/corpus-parts.js";
import type { WorkSizes } from "./work.js";

/** Texts that a stage draws, and cannot do without. */
export interface TextNeed {
  readonly part: Part;
  /** How many of which texts are needed, and the setting that says so. */
  readonly expected: string;
  /**
   * Begins a count. The function that it gives is told the token ids of one text of the part after
   * another, and is true as soon as they are enough.
   */
  begin(words: WordTokens): (ids: readonly number[]) => boolean;
}

/** Rows of tokens that go through a model whole. */
export interface ContextNeed {
  /** Tokens of the longest row. */
  readonly tokens: number;
  /** The settings that this follows from; the first is the one to change. */
  readonly settings: readonly string[];
  /** Where the rows are texts of a part that are cut to so many tokens: none may be that long. */
  readonly cutFrom?: Part;
}

/** Bytes on disk. */
export interface DiskNeed {
  /** Of what the stage leaves. */
  readonly kept: number;
  /** The most that lies there while it works, what it leaves included. */
  readonly most: number;
}

/** What requirements follow from besides the configuration. */
export interface ModelFacts extends Pick<WorkSizes, "nLayers" | "dModel" | "chosenLayers"> {
  readonly parameters: number;
}

/** What follows from the sizes of the model. */
export interface ModelNeeds {
  readonly issues?: readonly ConfigIssue[];
  /** What is worth knowing and no problem, one line each. */
  readonly notes?: readonly string[];
  /** Of a stage that writes more than a few megabytes. */
  readonly disk?: DiskNeed;
}

/** Everything that is left out is not needed. */
export interface Requirements {
  readonly texts?: readonly TextNeed[];
  readonly contexts?: readonly ContextNeed[];
  /** Whether the reward is asked. */
  readonly reward?: boolean;
  /** Whether the explainer's language model is asked. */
  readonly llm?: boolean;
  /** @throws ConfigError in place of issues */
  ofModel?(facts: ModelFacts): ModelNeeds;
}

/**
 * At least `atLeast` texts of `minTokens` tokens.
 * @param setting the one that `minTokens` is from, where it is from one
 */
export function textsOfLength(
  part: Part,
  minTokens: number,
  { setting, atLeast = 1 }: { setting?: string; atLeast?: number } = {},
): TextNeed {
  const texts = atLeast === 1 ? "a text" : `${atLeast} texts`;
  const tokens = minTokens === 1 ? "1 token" : `${minTokens} tokens`;
  return {
    part,
    expected: `${texts} of ${tokens}${setting === undefined ? "" : ` (${setting})`}`,
    begin: () => {
      let count = 0;
      return (ids) => ids.length >= minTokens && ++count >= atLeast;
    },
  };
}

/** What completions of held-out prompts need, whose sizes are the settings of a group. */
export function completionNeeds(
  group: "ppo.evaluation" | "carry" | "ablation",
  { promptTokens, newTokens }: Config["ppo"]["evaluation"],
): Requirements {
  return {
    texts: [textsOfLength("evaluate", promptTokens, { setting: `${group}.promptTokens` })],
    contexts: [{ tokens: promptTokens + newTokens, settings: [`${group}.newTokens`, `${group}.promptTokens`] }],
    reward: true,
  };
}

/** The length of the texts that tuning makes. */
export function rolloutNeeds({ ppo }: Config): Required<Pick<Requirements, "contexts">> {
  const tokens = ppo.queryTokens[1] + ppo.responseTokens[1];
  return { contexts: [{ tokens, settings: ["ppo.responseTokens", "ppo.queryTokens"] }] };
}

/** The length of texts that are read as autoencoders read them. */
export function readingNeeds({ dictionaries }: Config, part: Part): Required<Pick<Requirements, "contexts">> {
  return {
    contexts: [{ tokens: dictionaries.maxTokens, settings: ["dictionaries.maxTokens"], cutFrom: part }],
  };
}

/** The needs of both. */
export function addNeeds(a: Requirements, b: Requirements): Requirements {
  return {
    ...a,
    ...b,
    texts: [...(a.texts ?? []), ...(b.texts ?? [])],
    contexts: [...(a.contexts ?? []), ...(b.contexts ?? [])],
  };
}
