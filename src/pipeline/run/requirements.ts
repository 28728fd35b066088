/**
 * Requirements of a stage on the inputs of its run, declared so that they can be checked before any
 * stage runs.
 */
import type { Config } from "../../config/config.js";
import type { ConfigIssue } from "../../errors.js";
import type { WordTokens } from "../../interpret/index.js";
import type { Tokenizer } from "../../model/language-model.js";
import type { ModelSize } from "../../model/memory.js";
import type { Part } from "../inputs/corpus-parts.js";
import type { WorkSizes } from "./work.js";

/** Texts that a stage cannot run without. */
export interface TextNeed {
  readonly part: Part;
  /** A description of the needed number and kind of texts, with the setting behind it. */
  readonly expected: string;
  /**
   * Begins a count. The returned function receives the token ids of one text of the part at a time,
   * and returns true as soon as there are enough.
   */
  begin(words: WordTokens): (ids: readonly number[]) => boolean;
}

/** Rows of tokens that must fit into the model. */
export interface ContextNeed {
  /** Length of the longest row in tokens. */
  readonly tokens: number;
  /** The settings that determine the length; the first is the one to change. */
  readonly settings: readonly string[];
  /** If the rows are texts of a part truncated to a length: none of the texts may reach it. */
  readonly cutFrom?: Part;
}

/** Bytes on disk. */
export interface DiskNeed {
  /** Size of the stage's final outputs. */
  readonly kept: number;
  /** Peak size while the stage runs, final outputs included. */
  readonly most: number;
}

/** Facts besides the configuration that requirements depend on. */
export interface ModelFacts extends Pick<WorkSizes, "nLayers" | "dModel" | "chosenLayers">, ModelSize {}

/** Requirements that depend on the sizes of the model. */
export interface ModelNeeds {
  readonly issues?: readonly ConfigIssue[];
  /** Notes, one line each. */
  readonly notes?: readonly string[];
  /** For a stage that writes more than a few megabytes. */
  readonly disk?: DiskNeed;
}

/** The opened models of a run, for a stage that looks at inputs of its own. */
export interface OpenedInputs {
  readonly config: Config;
  readonly facts: ModelFacts;
  readonly tokenizer: Tokenizer;
  /** Maximal number of positions, the smaller one of a pair. */
  readonly positions: number;
  readonly signal: AbortSignal;
}

/** Inputs that only one stage reads. */
export interface OwnInputs {
  /** The setting that names them, and what it should name: for an error while they are read. */
  readonly path: string;
  readonly expected: string;
  /** The settings that a reader's errors name otherwise. */
  readonly pathOf?: (named: string) => string;
  /** Finds what is wrong with them. It may throw what reading them throws. */
  look(opened: OpenedInputs): Promise<readonly ConfigIssue[]>;
}

/** The requirements of a stage; an absent one means that nothing is needed. */
export interface Requirements {
  readonly texts?: readonly TextNeed[];
  readonly contexts?: readonly ContextNeed[];
  /** Whether the reward is used. */
  readonly reward?: boolean;
  /** Whether the explainer's language model is used. */
  readonly llm?: boolean;
  readonly own?: readonly OwnInputs[];
  /** @throws ConfigError instead of returning issues */
  ofModel?(facts: ModelFacts): ModelNeeds;
}

/**
 * Requires at least `atLeast` texts of `minTokens` tokens.
 * @param setting the one that determines `minTokens`, if any
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

/** Requirements of completing held-out prompts, with the sizes of a group of settings. */
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

/** The length of the texts generated in tuning. */
export function rolloutNeeds({ ppo }: Config): Required<Pick<Requirements, "contexts">> {
  const tokens = ppo.queryTokens[1] + ppo.responseTokens[1];
  return { contexts: [{ tokens, settings: ["ppo.responseTokens", "ppo.queryTokens"] }] };
}

/** The length of texts as read for autoencoders. */
export function readingNeeds({ dictionaries }: Config, part: Part): Required<Pick<Requirements, "contexts">> {
  return {
    contexts: [{ tokens: dictionaries.maxTokens, settings: ["dictionaries.maxTokens"], cutFrom: part }],
  };
}

/** The combined requirements. */
export function addNeeds(a: Requirements, b: Requirements): Requirements {
  return {
    ...a,
    ...b,
    texts: [...(a.texts ?? []), ...(b.texts ?? [])],
    contexts: [...(a.contexts ?? []), ...(b.contexts ?? [])],
  };
}
