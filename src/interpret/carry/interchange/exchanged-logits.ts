/** The next token's logits of one model in which chosen features have the other model's activations. */
import { Graph } from "../../../graph/builder.js";
import { lastRows, padLeft, passFeeds } from "../../../model/batch.js";
import type { CausalLm } from "../../../model/causal-lm.js";
import { editFeeds, editsKey, placeEdits } from "../../../model/edits.js";
import { type Edit, mlpHookPoint } from "../../../model/language-model.js";
import type { NextLogits } from "../../../model/sample-by-logits.js";
import {
  additions,
  type Exchange,
  exchangeAddends,
  exchangedPass,
  exchangeEdits,
  type SharedDictionary,
  withCodes,
} from "./exchange.js";

/** What is exchanged between which models. */
export interface ExchangedOptions {
  readonly dictionaries: readonly SharedDictionary[];
  readonly exchange: Exchange;
  /** Edits of the recipient's activations, before the exchange. */
  readonly edits?: readonly Edit[];
  readonly signal?: AbortSignal;
}

/**
 * What `ExchangeBatch` does to fixed texts, for a text that grows: at every position of it the
 * recipient's MLP outputs become x + dose * sum of (f_i(other) - f_i(x)) d_i. Every token reads the
 * whole text anew in both models.
 * @throws RewardscopeError INVALID_INPUT for a feature that a dictionary does not have
 */
export function exchangedLogits(
  recipient: CausalLm,
  other: CausalLm,
  { dictionaries, exchange, edits: own = [], signal }: ExchangedOptions,
): NextLogits {
  const layers = dictionaries.map(({ layer }) => layer);
  const hooks = layers.map(mlpHookPoint);
  const edits = [...own, ...exchangeEdits(dictionaries, exchange)];
  const placed = placeEdits(edits, recipient.config);
  const fixed = editFeeds(edits);
  return async (row) => {
    const { hooks: outputs } = await other.forward({ inputIds: [row] }, { logits: "none", hooks, signal });
    const values = await Promise.all(dictionaries.map(({ dictionary }, i) => withCodes(outputs[hooks[i]], dictionary)));
    const { batch, length, ids, mask } = padLeft({ inputIds: [row] }, recipient.config);
    const program = await recipient.program(`exchanged logits [${layers}] ${editsKey(placed)}`, () => {
      const g = new Graph(`logits with exchanged features, ${recipient.config.modelType}`);
      g.output("logits", exchangedPass(g, recipient, placed, layers).logits);
      return g;
    });
    const { logits } = await program.run({
      feeds: {
        ...passFeeds(batch, length, ids, mask),
        ...fixed,
        ...additions(dictionaries, exchangeAddends(dictionaries, values, exchange), [batch, length]),
        rows: lastRows(batch, length),
      },
      stores: [recipient.store],
      fetch: ["logits"],
      signal,
    });
    return logits.data as Float32Array;
  };
}
