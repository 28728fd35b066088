/** From what a user wrote to a complete configuration: shorthands, rules between fields, all problems at once. */
import { ConfigError, type ConfigIssue } from "../errors.js";
import { type Config, configSchema } from "./config.js";
import { describeIssue, show, valueAt } from "./config-issues.js";
import { rewardDescription, usesLlm } from "./llm-settings.js";

/** A rule between fields, `fields[0]` being the one to blame. Tested when none of the fields is wrong by itself. */
interface Rule {
  fields: string[];
  expected: (config: Config) => string;
  holds: (config: Config) => boolean;
}

const rules: Rule[] = [
  {
    fields: ["ppo.miniBatchSize", "ppo.batchSize"],
    expected: ({ ppo }) => `a divisor of ppo.batchSize (${ppo.batchSize})`,
    holds: ({ ppo }) => ppo.batchSize % ppo.miniBatchSize === 0,
  },
  {
    fields: ["ppo.queryTokens"],
    expected: () => "the smaller number first",
    holds: ({ ppo }) => ppo.queryTokens[0] <= ppo.queryTokens[1],
  },
  {
    fields: ["ppo.responseTokens"],
    expected: () => "the smaller number first",
    holds: ({ ppo }) => ppo.responseTokens[0] <= ppo.responseTokens[1],
  },
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
    fields: ["dictionaries.largeFactor", "dictionaries.smallFactor"],
    expected: ({ dictionaries }) => `at least dictionaries.smallFactor (${dictionaries.smallFactor})`,
    holds: ({ dictionaries }) => dictionaries.largeFactor >= dictionaries.smallFactor,
  },
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
    expected: ({ reward }) =>
      `the reward in words, since explainer.name is llm and reward.${reward.name === "classifier" ? `label is ${reward.label}` : "name a module"}`,
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

/** Groups with one obvious field: `corpus: reviews.csv` means `corpus: { source: reviews.csv }`. */
export const obviousFields: Readonly<Record<string, string>> = { model: "name", corpus: "source", reward: "name" };

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The input with plain text of a group put at the group's obvious field, and groups left empty taken as `{}`; but `corpus:` with
 * nothing behind it is a name that was forgotten, and stays an error.
 */
export function expandShorthands(input: unknown): unknown {
  if (input === null || input === undefined) return {};
  if (!isGroup(input)) return input;
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => {
      if (Object.hasOwn(obviousFields, key))
        return [key, typeof value === "string" || value === null ? { [obviousFields[key]]: value } : value];
      return [key, value === null && Object.hasOwn(configSchema.shape, key) ? undefined : value];
    }),
  );
}

/** The group without the field at `path`, so that its default takes its place; a path into a list means the list. */
function without(group: Record<string, unknown>, [key, ...rest]: readonly string[]): Record<string, unknown> {
  const inner = group[key];
  if (rest.length > 0 && isGroup(inner)) return { ...group, [key]: without(inner, rest) };
  return Object.fromEntries(Object.entries(group).filter(([other]) => other !== key));
}

/** Whether one of two fields is the other or lies in it. */
function overlap(a: string, b: string): boolean {
  return `${a}.`.startsWith(`${b}.`) || `${b}.`.startsWith(`${a}.`);
}

/**
 * All problems of an input, and the configuration that it gives with defaults in place of what is wrong,
 * so that a caller can go on and look for problems of another kind.
 */
export function checkConfig(input: unknown): { config: Config; issues: ConfigIssue[] } {
  const expanded = expandShorthands(input);
  const parsed = configSchema.safeParse(expanded, { reportInput: true });
  const issues = (parsed.error?.issues ?? []).flatMap((issue) => describeIssue(issue, configSchema));
  if (!isGroup(expanded)) return { config: configSchema.parse({}), issues };
  const paths = (parsed.error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  const repaired = paths.reduce((group, path) => without(group, path.map(String)), expanded);
  const wrong = paths.map((path) => path.join("."));
  const config = configSchema.parse(repaired);
  for (const { fields, expected, holds } of rules) {
    if (holds(config) || fields.some((field) => wrong.some((path) => overlap(field, path)))) continue;
    issues.push({ path: fields[0], expected: expected(config), received: show(valueAt(config, fields[0].split("."))) });
  }
  return { config, issues: issues.map(withoutKey) };
}

/** Settings at which a key may have been put by mistake are not shown. */
function withoutKey(issue: ConfigIssue): ConfigIssue {
  return /^explainer\.(baseURL|.*key.*)$/i.test(issue.path)
    ? { ...issue, received: "text that is not shown, since it may hold a key" }
    : issue;
}

/**
 * The complete configuration of an input such as `{ ppo: { batches: 20 }, corpus: "reviews.csv" }`.
 * @param source what the input came from, named in errors
 * @throws ConfigError with all problems at once: path, expected, received, and the nearest known key
 */
export function parseConfig(input: unknown, source: string): Config {
  const { config, issues } = checkConfig(input);
  if (issues.length > 0) throw new ConfigError(source, issues);
  return config;
}
