/** Checks the models of a run by their files, without reading weights. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import type { ConfigIssue } from "../../errors.js";
import { isAdapterFolder } from "../../model/adapter/adapter.js";
import type { ParameterLayout } from "../../model/architectures/layers.js";
import type { ModelConfig, Tokenizer } from "../../model/language-model.js";
import { loadModelConfig, openModel } from "../../model/load.js";
import { sizeOf } from "../../model/memory.js";
import { type ModelFolders, resolveModel } from "../../model/resolve-model.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import type { ModelRole } from "../../results/results.js";
import { loadRunTokenizer, roleFolders, roleName } from "../inputs/models.js";
import type { ModelFacts } from "../run/requirements.js";
import { countChosenLayers } from "../run/work.js";
import { issuesOf } from "./issues.js";

interface RunModel {
  readonly folders: ModelFolders;
  readonly config: ModelConfig;
  readonly layout: readonly ParameterLayout[];
}

/** Facts about the models; one that could not be read is missing, and has an issue. */
export interface OpenModels {
  readonly facts?: ModelFacts;
  /** Maximal number of positions, the smaller one of a pair, and the setting of that model. */
  readonly positions?: { readonly count: number; readonly setting: string };
  /** Number of rows of the embedding. */
  readonly vocabSize?: number;
  readonly tokenizer?: Tokenizer;
  readonly issues: readonly ConfigIssue[];
}

/**
 * Opens the model to be tuned, or both models of a pair, and the tokenizer for both.
 * @param isAbsent whether the model of a setting is not available; it is skipped
 */
export async function openModels(config: Config, isAbsent: (setting: string) => boolean): Promise<OpenModels> {
  const issues: ConfigIssue[] = [];
  const attempt = async <T>(path: string, expected: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      issues.push(...issuesOf(error, { path, expected }));
      return undefined;
    }
  };
  const open = async (role: ModelRole): Promise<RunModel | undefined> => {
    const setting = settingOf(config, role);
    if (setting === undefined || isAbsent(setting)) return undefined;
    if (role === "tuned" && isAbsent(settingOf(config, "base")!) && (await isAdapter(config))) return undefined;
    const read = () => readModel(config, role);
    const model = await attempt(setting, "a model that can be loaded", read);
    if (model) await attempt(setting, "weights that fit config.json", () => checkFiles(model));
    return model;
  };
  const [base, tuned] = [await open("base"), await open("tuned")];
  const baseSetting = settingOf(config, "base")!;
  const tokenizer = isAbsent(baseSetting)
    ? undefined
    : await attempt(baseSetting, "a model with its tokenizer", () => loadRunTokenizer(config, ""));
  if (base && tuned) {
    issues.push(...shapeIssues(base, tuned));
    if (tokenizer) issues.push(...(await vocabularyIssues(tokenizer, base, tuned)));
  }
  const known = [base, tuned].filter((model) => model !== undefined);
  const fewest = known.toSorted((a, b) => a.config.maxPositions - b.config.maxPositions).at(0);
  return {
    facts: base && factsOf(config, base),
    positions: fewest && {
      count: fewest.config.maxPositions,
      setting: fewest === base ? baseSetting : settingOf(config, "tuned")!,
    },
    vocabSize: base?.config.vocabSize,
    tokenizer,
    issues,
  };
}

/** The setting that names a model; undefined for a model that the run creates. */
function settingOf({ model }: Config, role: ModelRole): string | undefined {
  if (role === "tuned") return model.tuned === undefined ? undefined : "model.tuned";
  return model.base === undefined ? "model.name" : "model.base";
}

async function readModel(config: Config, role: ModelRole): Promise<RunModel> {
  const folders = await roleFolders(config, "", role);
  const { architecture, config: sizes } = await loadModelConfig(folders.folder);
  return { folders, config: sizes, layout: architecture.layout(sizes) };
}

/** Whether the tuned model is an adapter: its sizes are then those of its base model. */
async function isAdapter(config: Config): Promise<boolean> {
  return isAdapterFolder(await resolveModel(roleName(config, "", "tuned"), { offline: true, parts: ["weights"] }));
}

/**
 * @throws FormatError when the weights lack a parameter or have it in another shape, or an adapter
 *   does not fit
 */
async function checkFiles({ folders }: RunModel): Promise<void> {
  const opened = await openModel(folders);
  await opened.close();
}

function factsOf(config: Config, { config: { nLayers, dModel }, layout }: RunModel): ModelFacts {
  return { nLayers, dModel, chosenLayers: countChosenLayers(config, nLayers), ...sizeOf(layout) };
}

/** Parameters that differ in a pair; layers are chosen by differences of parameters. */
function shapeIssues(base: RunModel, tuned: RunModel): ConfigIssue[] {
  const dimsOf = ({ layout }: RunModel) => new Map(layout.map(({ name, dims }) => [name, `[${dims.join(", ")}]`]));
  const [ofBase, ofTuned] = [dimsOf(base), dimsOf(tuned)];
  const names = [...new Set([...ofBase.keys(), ...ofTuned.keys()])];
  const different = names.filter((name) => ofBase.get(name) !== ofTuned.get(name));
  if (different.length === 0) return [];
  const shown = different
    .slice(0, 3)
    .map((name) => `${name} ${ofTuned.get(name) ?? "missing"} instead of ${ofBase.get(name) ?? "none"}`);
  const more = different.length > shown.length ? ` and ${different.length - shown.length} more` : "";
  return [
    {
      path: "model.tuned",
      expected: "a model with the parameters of model.base, the checkpoint that it was tuned from",
      received: `one with ${shown.join(", ")}${more}`,
    },
  ];
}

/**
 * Different tokens of the tuned model's tokenizer, if it has one: the base model's tokenizer is
 * used for both.
 */
async function vocabularyIssues(tokenizer: Tokenizer, base: RunModel, tuned: RunModel): Promise<ConfigIssue[]> {
  const ownFolder = ({ folders: { folder, adapter } }: RunModel) => adapter ?? folder;
  const fileOf = (model: RunModel) => join(ownFolder(model), "tokenizer.json");
  if (![base, tuned].every((model) => existsSync(fileOf(model)))) return [];
  const [ofBase, ofTuned] = await Promise.all([base, tuned].map((model) => readFile(fileOf(model), "utf8")));
  if (ofBase === ofTuned) return [];
  const path = "model.tuned";
  let own: Tokenizer;
  try {
    own = await loadTokenizer(ownFolder(tuned));
  } catch (error) {
    return issuesOf(error, { path, expected: "a tokenizer that can be loaded, or none" });
  }
  const ids = Array.from({ length: Math.min(tokenizer.vocabSize, own.vocabSize) }, (_, id) => id);
  const first = ids.find((id) => tokenizer.tokenText(id) !== own.tokenText(id));
  if (first === undefined) return [];
  const text = (of: Tokenizer) => JSON.stringify(of.tokenText(first));
  return [
    {
      path,
      expected: "a model with the tokens of model.base",
      received: `one whose token ${first} is ${text(own)} instead of ${text(tokenizer)}`,
    },
  ];
}
