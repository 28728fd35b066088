/**
 * Configurations from presets, YAML or JSON files and `--set` arguments, with the folders and files
 * that they name.
 */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError, type ConfigIssue, FormatError } from "../errors.js";
import { type HubRepository, parseHubFolder, parseHubId } from "../io/hub/id.js";
import { isObject } from "../io/json-object.js";
import { readTextFile } from "../io/text-file.js";
import { isAdapterFolder } from "../model/adapter/adapter.js";
import { rewardKind, rewardNames } from "../reward/rewards.js";
import { show } from "../settings/issues.js";
import { nearest } from "../settings/nearest.js";
import { loadLexicon } from "../text/lexicon.js";
import { loadPrompts } from "../text/prompts.js";
import { corpusRepository } from "../text/resolve-corpus.js";
import { checkConfig, expandShorthands, obviousFields } from "./check-config.js";
import { type Config, OPENAI_URL } from "./config.js";
import { jsonValue, TextFault, yamlValue } from "./config-text.js";
import { givenDictionaries } from "./given-dictionaries.js";
import { usesLlm } from "./llm-settings.js";
import { presets } from "./presets.js";
import { folderFault, modelMeant } from "./run-as-model.js";

/** One changed setting, e.g. `{ path: ["ppo", "batches"], value: 20 }`. */
export interface Setting {
  path: string[];
  value: unknown;
}

/** The content of a preset or a file, before defaults and checks, and its name in errors. */
export interface ConfigSource {
  source: string;
  input: unknown;
}

/** Maximal size of a configuration file in bytes; a complete one has about 3,000. */
const MOST_BYTES = 100_000;

/**
 * Reads a YAML or JSON configuration file, by its extension.
 * @throws FormatError when it cannot be read, is empty, or is not YAML or JSON, with the line of
 *   the first problem
 */
export async function readConfigFile(path: string): Promise<unknown> {
  const text = await readTextFile(path, MOST_BYTES);
  const isJson = /\.json$/i.test(path);
  if (text.trim() === "") throw new FormatError(path, "expected settings, received an empty file");
  let value: unknown;
  try {
    value = isJson ? jsonValue(text) : yamlValue(text);
  } catch (cause) {
    if (!(cause instanceof TextFault)) throw cause;
    const at = cause.line === undefined ? "" : `line ${cause.line}: `;
    throw new FormatError(path, `${at}expected ${isJson ? "JSON" : "YAML or JSON"}: ${cause.message}`, {
      offset: cause.line,
      cause,
    });
  }
  if (value === null)
    throw new FormatError(path, "expected settings, received a file without any", {
      help: "{} means all defaults.",
    });
  return value;
}

/**
 * The configuration input of a preset's name or a file's path.
 * @throws ConfigError when it is neither, FormatError when the file cannot be parsed
 */
export async function findConfig(target: string): Promise<ConfigSource> {
  if (Object.hasOwn(presets, target)) return { source: `preset ${target}`, input: presets[target].input };
  if (/\.(ya?ml|json)$/i.test(target) || existsSync(target)) {
    return { source: target, input: await readConfigFile(target) };
  }
  const names = Object.keys(presets);
  throw new ConfigError("rewardscope", [
    {
      path: "preset or file",
      expected: `one of ${names.join(", ")}, or a .yaml or .json file`,
      received: show(target),
      nearest: nearest(target, names),
    },
  ]);
}

/** A value as in YAML. Plain text is unchanged, so that a path may contain ` #`. */
function parseValue(text: string): unknown {
  const value = yamlValue(text);
  return typeof value === "string" && !/^\s*["']/.test(text) ? text : value;
}

/** Maximal depth of a setting's path; a configuration needs 3. */
const MOST_NAMES = 8;

/**
 * Parses `group.field=value`. The value is a YAML scalar or list; `corpus=PATH` means
 * `corpus.source=PATH`.
 * @returns the setting, or the problem with the text
 */
export function parseSetting(text: string): Setting | ConfigIssue {
  const at = text.indexOf("=");
  const path = text.slice(0, Math.max(at, 0)).trim().split(".");
  const malformed = (expected: string): ConfigIssue => ({ path: "--set", expected, received: show(text) });
  if (path.length > MOST_NAMES || !path.every((key) => /^([a-z]\w*|\d+)$/i.test(key)))
    return malformed("group.field=value");
  const typed = text.slice(at + 1);
  // An unset shell variable must not mean the default.
  if (typed.trim() === "") return malformed(`a value after =, or '${text.slice(0, at + 1)}""' for empty text`);
  let value: unknown;
  try {
    value = parseValue(typed);
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    return malformed(`a value in YAML's notation (${error.message})`);
  }
  const [group] = path;
  if (path.length === 1 && value === null) return malformed("a value other than null");
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return malformed("one field at a time: group.field=value");
  const obvious = path.length === 1 && typeof value === "string" && Object.hasOwn(obviousFields, group);
  return { path: obvious ? [group, obviousFields[group]] : path, value };
}

/**
 * The input with one value set at a path; groups on the path are copied or created, the given input
 * is unchanged.
 */
export function put(input: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  const group = isObject(input) ? input : {};
  const inner = Object.hasOwn(group, key) ? group[key] : undefined;
  return { ...group, [key]: rest.length === 0 ? value : put(inner, rest, value) };
}

/** Names of the package's data in settings. */
const builtIn = ["embedded", "vader"];

/**
 * The files, folders and ids on the Hub that a configuration reads, by the names of their settings.
 */
export function inputPaths(config: Config): Record<string, string> {
  const { stages, model, corpus, reward, explainer, audit } = config;
  const { name, base, tuned } = model;
  const isPair = base !== undefined && tuned !== undefined;
  const paths: Record<string, string | undefined> = {
    "model.name": isPair ? undefined : name,
    "model.base": base,
    "model.tuned": tuned,
    "corpus.source": corpus.source,
    // An audit has no reward.
    ...(stages === "audit"
      ? { "audit.property": audit.property, "audit.preferences": audit.preferences }
      : rewardKind(reward).inputs(reward)),
    "reward.lexicon": reward.lexicon,
    "explainer.prompts": usesLlm(config) ? explainer.prompts : undefined,
    ...Object.fromEntries(givenDictionaries(config).map(({ setting, folder }) => [setting, folder])),
  };
  return Object.fromEntries(
    Object.entries(paths).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !builtIn.includes(entry[1]),
    ),
  );
}

/** Settings that name a model. */
export const isModelSetting = (setting: string): boolean =>
  setting.startsWith("model.") || setting === "reward.classifier";

/** Settings that name a dictionary. */
export const isDictionarySetting = (setting: string): boolean => setting.startsWith("dictionaries.from.");

/**
 * The repository of a setting's value that is an id on the Hub; undefined for a file or folder,
 * existing or not.
 */
export function hubRepository(setting: string, value: string): HubRepository | undefined {
  if (setting === "corpus.source" || setting === "audit.preferences") return corpusRepository(value);
  if (existsSync(value)) return undefined;
  if (isDictionarySetting(setting)) return parseHubFolder(value)?.repository;
  return isModelSetting(setting) ? parseHubId("model", value) : undefined;
}

const MODEL =
  "a local folder in the Hub's layout (config.json, model.safetensors, tokenizer.json), an id on the Hub (owner/name)";

/** Valid values of settings that name a file or folder; `model` and `dictionaries` are several. */
const expectedInputs: Readonly<Record<string, string>> = {
  model: `${MODEL}, or embedded`,
  dictionaries: "a folder of SAELens or dictionary_learning, or one on the Hub (owner/name/folder)",
  "reward.classifier": MODEL,
  "corpus.source": "a local file or folder of texts, an id on the Hub (owner/name), or embedded",
  "reward.name": rewardNames,
  "reward.lexicon": "a file of lines word<TAB>value, or vader",
  "explainer.prompts": "a folder of prompts",
  "audit.property": "a module (.js, .mjs) that exports texts => numbers",
  "audit.preferences": "a local file or folder of preferences, or an id on the Hub (owner/name)",
};

/** Settings that must name a file, not a folder or a pipe. */
const fileSettings = ["reward.name", "reward.lexicon", "audit.property"];

/** The problem of a path in a setting; undefined if it is valid. */
function faultOf(setting: string, path: string): string | undefined {
  // Also for invalid file names: with null bytes, or too long.
  if (!existsSync(path)) return "not found";
  const kind = statSync(path);
  if (!kind.isFile() && !kind.isDirectory()) return "is neither a file nor a folder";
  if (isModelSetting(setting) && isAdapterFolder(path))
    return setting === "model.tuned" ? undefined : "a LoRA adapter, which has to be merged into its base model";
  if (isModelSetting(setting) && !existsSync(join(path, "config.json"))) return folderFault(path);
  return fileSettings.includes(setting) && !kind.isFile() ? "not a file" : undefined;
}

/** Folders and files of a configuration that do not exist or cannot be read repeatedly. */
function missingInputs(config: Config): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  for (const [setting, path] of Object.entries(inputPaths(config))) {
    if (hubRepository(setting, path)) continue;
    const fault = faultOf(setting, path);
    if (fault === undefined) continue;
    issues.push({
      path: setting,
      expected: expectedInputs[/^(model|dictionaries)\./.exec(setting)?.[1] ?? setting],
      received: `${show(path)}: ${fault}`,
      ...modelMeant(setting, path),
    });
  }
  return issues;
}

/** Not a rule of configurations, since the preset `audit` names no models. */
function missingPair({ stages, model }: Config): ConfigIssue[] {
  if (stages !== "audit" || model.base !== undefined || model.tuned !== undefined) return [];
  const expected = "a model, and one in model.tuned, since an audit compares two";
  return [{ path: "model.base", expected, received: show(undefined) }];
}

/** OpenAI requires a key; for other endpoints this is unknown before a request. */
function missingKey(config: Config, environment: NodeJS.ProcessEnv): ConfigIssue[] {
  const { baseURL, keyVariable } = config.explainer;
  if (!usesLlm(config) || baseURL !== OPENAI_URL || environment[keyVariable]) return [];
  return [
    {
      path: "explainer.keyVariable",
      expected: "an environment variable with a key for the OpenAI API, or explainer.baseURL of another endpoint",
      received: `${keyVariable}, which is not set`,
    },
  ];
}

/**
 * The configuration of a source with settings applied over it, and all problems: wrong values,
 * unknown keys, malformed `--set`, missing folders, files and keys. A wrong value is replaced by
 * its default.
 */
export function draftConfig(
  from: ConfigSource,
  settings: readonly (Setting | ConfigIssue)[] = [],
): { config: Config; issues: ConfigIssue[] } {
  const malformed = settings.filter((setting) => "expected" in setting);
  let input = expandShorthands(from.input);
  for (const setting of settings) if ("value" in setting) input = put(input, setting.path, setting.value);
  const { config, issues } = checkConfig(input);
  const missing = [...missingPair(config), ...missingInputs(config), ...missingKey(config, process.env)];
  return { config, issues: [...malformed, ...issues, ...missing] };
}

/**
 * Turns a draft without problems into the configuration of a run.
 * @throws ConfigError with all problems at once, FormatError when the lexicon is invalid
 */
export function finishConfig(source: string, { config, issues }: ReturnType<typeof draftConfig>): Config {
  if (issues.length > 0) throw new ConfigError(source, issues);
  // Some stages read it late, so it is checked before anything is computed.
  if (config.reward.lexicon !== "vader") loadLexicon(config.reward.lexicon);
  if (usesLlm(config)) loadPrompts(config.explainer.prompts);
  // Absolute paths, since the run may be resumed from another working folder.
  const absolute = Object.entries(inputPaths(config))
    .filter(([name, path]) => !hubRepository(name, path))
    .map(([name, path]) => [name.split("."), resolve(path)] as const);
  return absolute.reduce<unknown>((rest, [path, value]) => put(rest, path, value), config) as Config;
}

/**
 * The complete configuration of a source, with settings applied over it.
 * @throws as `finishConfig`
 */
export function resolveConfig(from: ConfigSource, settings: readonly (Setting | ConfigIssue)[] = []): Config {
  return finishConfig(from.source, draftConfig(from, settings));
}
