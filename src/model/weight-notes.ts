/** Notes about weights that can be loaded: changed names and unused tensors. */
import { shownList } from "../io/shown-value.js";
import type { FittedWeights } from "./weights.js";

/** Known kinds of tensors in checkpoints that are not parameters. */
export type ExtraTensor = "buffer" | "copy of the embedding" | "value head" | "pooler" | "unembedding";

/** Tensors of TRL's `AutoModelForCausalLMWithValueHead` and of reward models. */
const VALUE_HEAD = /^(v_head|score)\./;

/** Masks, rotary angles and positions: buffers that transformers saved with any family before about 4.30. */
const BUFFER =
  /(^|\.)(attn|attention|self_attn)\.(bias|masked_bias)$|(^|\.)rotary_emb\.\w+$|(^|\.)embeddings\.(position_ids|token_type_ids)$/;

/** A tensor that is not a parameter, and its kind if known. */
export interface UnusedTensor {
  /** Name in the file. */
  readonly name: string;
  readonly what?: ExtraTensor;
}

/** @param extraTensor the architecture's kind of a tensor, by its name without wrappers */
export function unusedTensors(
  { unused }: FittedWeights,
  extraTensor: (name: string) => ExtraTensor | undefined,
): UnusedTensor[] {
  const isBuffer = ({ as, dtype }: FittedWeights["unused"][number]) => dtype === "BOOL" || BUFFER.test(as);
  return unused.map((tensor) => ({
    name: tensor.name,
    what: VALUE_HEAD.test(tensor.as)
      ? "value head"
      : (extraTensor(tensor.as) ?? (isBuffer(tensor) ? "buffer" : undefined)),
  }));
}

const inWords: Readonly<Record<ExtraTensor, string>> = {
  buffer: "buffers",
  "copy of the embedding": "copies of the embedding",
  "value head": "of a value head",
  pooler: "of a pooler",
  unembedding: "of an unembedding",
};

/** At most one line about the names, and one about unused tensors. */
export function weightNotes(fitted: FittedWeights, extraTensor: (name: string) => ExtraTensor | undefined): string[] {
  const unused = unusedTensors(fitted, extraTensor);
  const counts = Object.entries(inWords).flatMap(([what, words]) => {
    const count = unused.filter((tensor) => tensor.what === what).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const unknown = unused.filter(({ what }) => what === undefined).map(({ name }) => name);
  if (unknown.length > 0) counts.push(`${unknown.length} that are not known (${shownList(unknown)})`);
  return [
    ...(fitted.renamed === undefined ? [] : [fitted.renamed]),
    ...(counts.length === 0 ? [] : [`${unused.length} tensors are not used: ${counts.join(", ")}`]),
  ];
}
