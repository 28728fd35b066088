/** What is worth knowing of weights that can be read: how their names were changed, and what is left aside. */
import { shownList } from "../io/shown-value.js";
import type { Architecture } from "./architectures/architecture.js";
import type { FittedWeights } from "./weights.js";

/** What a tensor is that checkpoints hold beside the parameters. */
export type ExtraTensor = NonNullable<ReturnType<Architecture["extraTensor"]>> | "value head";

/** Tensors of TRL's `AutoModelForCausalLMWithValueHead`, and of reward models, that are not the language model's. */
const VALUE_HEAD = /^(v_head|score)\./;

/** What transformers kept in files beside the parameters before version 4.30 or so, in any family: masks and angles. */
const BUFFER = /(^|\.)(attn|attention|self_attn)\.(bias|masked_bias)$|(^|\.)rotary_emb\.\w+$/;

/** A tensor that is no parameter, and what it is where that is known. */
export interface UnusedTensor {
  /** As in the file. */
  readonly name: string;
  readonly what?: ExtraTensor;
}

/** @param extraTensor what the architecture knows of a name without wrappers */
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
};

/** At most one line on the names, and one on the tensors that are not used. */
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
