/** cfg.json of a SAELens folder: its fields, in the present layout. */
import type { SaelensFields } from "../dictionary/kind.js";
import { FormatError } from "../errors.js";
import { readJson } from "../io/atomic.js";
import { isObject } from "../io/json-object.js";
import { shown } from "../io/shown-value.js";

/** Fields of cfg.json; errors name the file. */
export class CfgFile implements SaelensFields {
  constructor(
    private readonly path: string,
    readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  wrong(key: string, problem: string, help?: string): FormatError {
    return new FormatError(this.path, `${key}: ${problem}`, { help });
  }

  /** @throws FormatError when the field is present and is another value */
  expect(key: string, wanted: string | boolean, help?: string): void {
    const value = this.fields[key] ?? wanted;
    if (value !== wanted) throw this.wrong(key, `expected ${shown(wanted)}, received ${shown(value)}`, help);
  }

  count(key: string, standard?: number): number {
    const value = this.fields[key] === undefined ? standard : this.fields[key];
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    throw this.wrong(key, `expected a positive integer, received ${shown(value)}`);
  }

  flag(key: string, standard: boolean): boolean {
    const value = this.fields[key] ?? standard;
    if (typeof value === "boolean") return value;
    throw this.wrong(key, `expected true or false, received ${shown(value)}`);
  }
}

/** @throws FormatError when the value at a place of the file is no JSON object */
export function objectOf(file: string, place: string, value: unknown): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new FormatError(file, `${place}: expected a JSON object, received ${shown(value)}`);
}

/** Values as a choice, for errors. */
export function oneOf(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(" or ");
}

/**
 * Reads cfg.json. Before version 6 of SAELens it was one flat object, which becomes what SAELens 6
 * makes of it (`handle_pre_6_0_config`).
 * @throws FormatError when it is no JSON object, or what the present layout cannot say
 */
export async function readCfg(path: string): Promise<CfgFile> {
  const fields = objectOf(path, "the file", await readJson(path));
  if (isObject(fields.metadata)) return new CfgFile(path, fields);
  const flat = new CfgFile(path, fields);
  flat.expect("finetuning_scaling_factor", false);
  const activation = fields.activation_fn ?? fields.activation_fn_str ?? "relu";
  const { k } = isObject(fields.activation_fn_kwargs) ? fields.activation_fn_kwargs : {};
  if (activation !== "relu" && !(activation === "topk" && k !== undefined))
    throw flat.wrong("activation_fn_str", `expected "relu", or "topk" with its k, received ${shown(activation)}`);
  const { hook_name = fields.hook_point, model_name, context_size, normalize_activations: normalised } = fields;
  return new CfgFile(path, {
    ...fields,
    architecture: activation === "topk" ? "topk" : (fields.architecture ?? "standard"),
    ...(activation === "topk" && { k }),
    normalize_activations:
      typeof normalised === "boolean" ? (normalised ? "expected_average_only_in" : "none") : (normalised ?? "none"),
    metadata: { hook_name, model_name, context_size },
  });
}
