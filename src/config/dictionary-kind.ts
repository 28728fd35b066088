/**
 * The dictionary kind of the flat settings of `dictionaries`; settings of other kinds are ignored.
 */
import type { KindSettings, TrainingKindName } from "../dictionary/kind.js";
import type { Config } from "./config.js";

type KindFields = Pick<Config["dictionaries"], "activation" | "l1Coef" | "k" | "l0Coef">;

const byActivation: {
  readonly [Name in TrainingKindName]: (fields: KindFields) => Extract<KindSettings, { name: Name }>;
} = {
  relu: ({ l1Coef }) => ({ name: "relu", l1Coef }),
  topk: ({ k }) => ({ name: "topk", k }),
  batchtopk: ({ k }) => ({ name: "batchtopk", k }),
  jumprelu: ({ l0Coef }) => ({ name: "jumprelu", l0Coef }),
};

/** The kind of a run's dictionaries, by `dictionaries.activation`. */
export function dictionaryKind(fields: KindFields): KindSettings {
  return byActivation[fields.activation](fields);
}
