/** What a model that can be loaded may be used for, and what not, with the reason. */
import { ConfigError } from "../errors.js";
import { shownList } from "../io/shown-value.js";
import type { CausalLm } from "../model/causal-lm.js";
import { memoryOf, shownBytes, sizeOf } from "../model/memory.js";
import { rewardedClass } from "../reward/classifier.js";
import { MOST_TRAINED_ELEMENTS } from "../runtime/parameter-memory.js";
import { elementCount } from "../runtime/tensor.js";

export interface ModelUse {
  readonly use: string;
  readonly works: boolean;
  /** What it needs, or why it does not work. */
  readonly because: string;
}

/** @param facts what the model's files say: whether it is an adapter, and whether there is a chat template */
export function languageModelUses(
  { config, store }: Pick<CausalLm, "config" | "store">,
  { isAdapter, hasTemplate }: { readonly isAdapter: boolean; readonly hasTemplate: boolean },
): ModelUse[] {
  const need = memoryOf(sizeOf(store.layout));
  const large = store.layout.find(({ dims }) => elementCount(dims) > MOST_TRAINED_ELEMENTS);
  const reading = `${shownBytes(need.weights)} of weights, about ${shownBytes(need.reading)} of memory; an audit has one model of the pair in memory at a time`;
  const tuning = isAdapter
    ? "an adapter is not tuned further: merge it into its base model"
    : large
      ? `${large.name} is too large to be trained: ${elementCount(large.dims).toLocaleString("en")} values, of at most ${MOST_TRAINED_ELEMENTS.toLocaleString("en")}`
      : `${shownBytes(need.tuning)} of weights, gradients and moments in memory`;
  const ends = config.eosTokenIds.length > 0;
  return [
    { use: "sample; tuned model of a pair (audit, carry)", works: true, because: reading },
    {
      use: "base model of a pair",
      works: !isAdapter,
      because: isAdapter ? "an adapter is no whole model" : reading,
    },
    { use: "tuning (run)", works: !isAdapter && !large, because: tuning },
    { use: "reward", works: false, because: "a language model has no classes" },
    {
      use: "conversations",
      works: hasTemplate,
      because: hasTemplate ? "it has a chat template" : "it has no chat template",
    },
    {
      use: "end of texts",
      works: ends,
      because: ends
        ? `token ${config.eosTokenIds.join(", ")}`
        : "config.json names no eos_token_id, so texts end at their limit",
    },
  ];
}

/** What a classifier with these labels works for. */
export function classifierUses(labels: readonly string[]): ModelUse[] {
  return [
    { use: "reward", ...rewardUse(labels) },
    {
      use: "sample, tuning, pairs",
      works: false,
      because: "a classifier writes no text",
    },
  ];
}

function rewardUse(labels: readonly string[]): Omit<ModelUse, "use"> {
  try {
    return { works: true, because: `the logit of class ${labels[rewardedClass(labels)]}` };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      works: true,
      because: `with reward.label: ${shownList(labels, 5)}`,
    };
  }
}
