/**
 * Turns a user's input into a complete configuration: shorthands, rules between fields, all
 * problems at once.
 */
import { ConfigError, type ConfigIssue } from "../errors.js";
import { rewardKind } from "../reward/rewards.js";
import { ppoRules } from "../rlhf/ppo/settings.js";
import { checkSettings, isGroup, type Rule, rulesOfGroup } from "../settings/check.js";
import { trackingFields, trackingRules } from "../tracking/settings.js";
import { type Config, configSchema } from "./config.js";
import { givenRules } from "./given-dictionaries.js";
import { rewardDescription, usesLlm } from "./llm-settings.js";

const NO_TRACKING = trackingFields.parse({});

const isAudit = ({ stages }: Config): boolean => stages === "audit";

const rules: Rule<Config>[] = [
  ...rulesOfGroup("ppo", ppoRules, ({ ppo }: Config) => ppo),
  ...rulesOfGroup("tracking", trackingRules, ({ tracking }: Config) => tracking ?? NO_TRACKING),
  {
    fields: ["model.base", "model.tuned"],
    expected: () => "a folder, since model.tuned is given",
    holds: ({ model }) => model.tuned === undefined || model.base !== undefined,
  },
  {
    fields: ["model.tuned", "model.base"],
    expected: () => "a folder, since model.base is given",
    holds: ({ model }) => model.base === undefined || model.tuned !== undefined,
  },
  {
    fields: ["audit.prompts", "corpus.texts.evaluate", "stages"],
    expected: ({ corpus }) => `at most corpus.texts.evaluate (${corpus.texts.evaluate})`,
    holds: (config) => !isAudit(config) || config.audit.prompts <= config.corpus.texts.evaluate,
  },
  {
    fields: ["audit.texts", "corpus.texts.frequency", "stages"],
    expected: ({ corpus }) => `at most corpus.texts.frequency (${corpus.texts.frequency})`,
    holds: (config) => !isAudit(config) || config.audit.texts <= config.corpus.texts.frequency,
  },
  {
    fields: ["dictionaries.largeFactor", "dictionaries.smallFactor"],
    expected: ({ dictionaries }) => `at least dictionaries.smallFactor (${dictionaries.smallFactor})`,
    holds: ({ dictionaries }) => dictionaries.largeFactor >= dictionaries.smallFactor,
  },
  ...givenRules,
  {
    fields: ["features.examplesShown", "features.examplesPerFeature"],
    expected: ({ features }) => `at most features.examplesPerFeature (${features.examplesPerFeature})`,
    holds: ({ features }) => features.examplesShown <= features.examplesPerFeature,
  },
  {
    fields: ["explainer.model", "explainer.name", "triples.substitutions"],
    expected: ({ explainer }) =>
      `the name of a model, since ${explainer.name === "llm" ? "explainer.name" : "triples.substitutions"} is llm`,
    holds: (config) => !usesLlm(config) || config.explainer.model !== undefined,
  },
  {
    fields: ["explainer.rewardDescription", "explainer.name", "reward"],
    expected: ({ reward }) => {
      const description = rewardKind(reward).describe(reward);
      const since = "unknownSince" in description ? ` and ${description.unknownSince}` : "";
      return `the reward in words, since explainer.name is llm${since}`;
    },
    holds: (config) => config.explainer.name !== "llm" || rewardDescription(config) !== undefined,
  },
  {
    fields: ["ppo.evaluation.prompts", "corpus.texts.evaluate"],
    expected: ({ corpus }) => `at most corpus.texts.evaluate (${corpus.texts.evaluate})`,
    holds: ({ ppo, corpus }) => ppo.evaluation.prompts <= corpus.texts.evaluate,
  },
  {
    fields: ["ablation.prompts", "corpus.texts.evaluate"],
    expected: ({ corpus }) => `at most corpus.texts.evaluate (${corpus.texts.evaluate})`,
    holds: ({ ablation, corpus }) => ablation.prompts <= corpus.texts.evaluate,
  },
];

/** The main field of some groups: `corpus: reviews.csv` means `corpus: { source: reviews.csv }`. */
export const obviousFields: Readonly<Record<string, string>> = { model: "name", corpus: "source", reward: "name" };

/**
 * Expands text given for a group to the group's main field, and reads empty groups as `{}`. Groups
 * that may be given as text are excepted, since an empty variable must not mean the default.
 */
export function expandShorthands(input: unknown): unknown {
  if (input === null || input === undefined) return {};
  if (!isGroup(input)) return input;
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => {
      if (typeof value === "string" && Object.hasOwn(obviousFields, key)) return [key, { [obviousFields[key]]: value }];
      const isLeftEmpty =
        value === null && Object.hasOwn(configSchema.shape, key) && !Object.hasOwn(obviousFields, key);
      return [key, isLeftEmpty ? undefined : value];
    }),
  );
}

/**
 * All problems of an input, and its configuration with defaults for the fields that are wrong, so
 * that a caller can check for further problems.
 */
export function checkConfig(input: unknown): { config: Config; issues: ConfigIssue[] } {
  const { settings, issues } = checkSettings(configSchema, rules, expandShorthands(input));
  return { config: settings, issues: issues.map(withoutKey) };
}

/** Hides values of settings in which a user may have put a key by mistake. */
function withoutKey(issue: ConfigIssue): ConfigIssue {
  return /^(explainer\.(baseURL|.*key.*)|tracking\.(url|.*(key|token|password).*))$/i.test(issue.path)
    ? { ...issue, received: "text that is not shown, since it may hold a key" }
    : issue;
}

/**
 * The complete configuration of an input such as `{ ppo: { batches: 20 }, corpus: "reviews.csv" }`.
 * @param source the name of the input's file or command, for errors
 * @throws ConfigError with all problems at once: path, expected, received, and the nearest known
 *   key
 */
export function parseConfig(input: unknown, source: string): Config {
  const { config, issues } = checkConfig(input);
  if (issues.length > 0) throw new ConfigError(source, issues);
  return config;
}
