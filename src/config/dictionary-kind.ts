/**
 * From the flat settings of `dictionaries` to the kind that they ask for; settings of other kinds
 * are left unread.
 */
import type { KindName, KindSettings } from "../dictionary/kind.js";
import type { Config } from "./config.js";

type KindFields = Pick<Config["dictionaries"], "activation" | "l1Coef" | "k">;

const byActivation: { readonly [Name in KindName]: (fields: KindFields) => Extract<KindSettings, { name: Name }> } = {
  relu: ({ l1Coef }) => ({ name: "relu", l1Coef }),
  topk: ({ k }) => ({ name: "topk", k }),
};

/** What the autoencoders of a run are trained as, by `dictionaries.activation`. */
export function dictionaryKind(fields: KindFields): KindSettings {
  return byActivation[fields.activation](fields);
}
