/** cfg.json of a SAELens folder: its fields, in the present layout. */
import { readJson } from "../io/atomic.js";
import { isObject } from "../io/json-object.js";
import { shown } from "../io/shown-value.js";
import { DictionaryFields, objectOf } from "./dictionary-fields.js";

/**
 * Reads cfg.json. Before version 6 of SAELens it was one flat object, which becomes what SAELens 6
 * makes of it (`handle_pre_6_0_config`).
 * @throws FormatError when it is no JSON object, or what the present layout cannot say
 */
export async function readCfg(path: string): Promise<DictionaryFields> {
  const fields = objectOf(path, "the file", await readJson(path));
  if (isObject(fields.metadata)) return new DictionaryFields(path, fields);
  const flat = new DictionaryFields(path, fields);
  flat.expect("finetuning_scaling_factor", false);
  const activation = fields.activation_fn ?? fields.activation_fn_str ?? "relu";
  const { k } = isObject(fields.activation_fn_kwargs) ? fields.activation_fn_kwargs : {};
  if (activation !== "relu" && !(activation === "topk" && k !== undefined))
    throw flat.wrong("activation_fn_str", `expected "relu", or "topk" with its k, received ${shown(activation)}`);
  const { hook_name = fields.hook_point, model_name, context_size, normalize_activations: normalised } = fields;
  return new DictionaryFields(path, {
    ...fields,
    architecture: activation === "topk" ? "topk" : (fields.architecture ?? "standard"),
    ...(activation === "topk" && { k }),
    normalize_activations:
      typeof normalised === "boolean" ? (normalised ? "expected_average_only_in" : "none") : (normalised ?? "none"),
    metadata: { hook_name, model_name, context_size },
  });
}
