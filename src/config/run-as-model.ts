/** What to say of a folder that is no model's: most often it is a run's, which has one inside. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../io/json-object.js";

/** The models of a run; undefined where it has none, or its record does not tell. */
interface ModelsOfRun {
  readonly base: string | undefined;
  readonly tuned: string | undefined;
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The models of a run folder; undefined for any other folder. */
function modelsOfRun(folder: string): ModelsOfRun | undefined {
  const file = join(folder, "run.json");
  if (!existsSync(file)) return undefined;
  const own = join(folder, "tuned");
  const { name, base, tuned } = modelSettings(file);
  return { base: textOf(base ?? name), tuned: textOf(tuned) ?? (existsSync(own) ? own : undefined) };
}

/** The group `model` of a run's configuration; empty where run.json is damaged. */
function modelSettings(file: string): Readonly<Record<string, unknown>> {
  try {
    const { config } = JSON.parse(readFileSync(file, "utf8")) as { config: { model: unknown } };
    return isObject(config.model) ? config.model : {};
  } catch {
    return {};
  }
}

/** The problem of a folder without config.json; of a run's, with the models that it has. */
export function folderFault(folder: string): string {
  const run = modelsOfRun(folder);
  if (!run) return "has no config.json";
  const models = Object.entries(run).flatMap(([role, model]) => (model ? [`its ${role} model is ${model}`] : []));
  return ["a run folder, not a model", ...models].join(", ");
}

/** The model that was probably meant by a run folder as the value of a setting. */
export function modelMeant(setting: string, path: string): { nearest?: string } {
  if (!/^model\.(name|base|tuned)$/.test(setting)) return {};
  const nearest = modelsOfRun(path)?.[setting === "model.tuned" ? "tuned" : "base"];
  return nearest === undefined ? {} : { nearest };
}
