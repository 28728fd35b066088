/** Names of tensors in a checkpoint as names of a model's parameters, where a wrapper has changed them. */
import { shown } from "../io/shown-value.js";

/** What wrappers of PyTorch put into names, at any depth: compiled, sharded and recomputed modules. */
const SEGMENTS = ["_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."];

/**
 * What stands before the names of a model inside another: of DataParallel, TRL's models with a value
 * head, PEFT, Lightning. The last three are how the families' own models begin.
 */
const PREFIXES = [
  "module.",
  "_forward_module.",
  "pretrained_model.",
  "base_model.model.",
  "model.",
  "gpt_neox.",
  "transformer.",
  "distilbert.",
];

/** More wrappers than this around one another are none. */
const DEEPEST = 8;

/** Tensors of adapters that PEFT keeps beside the weights that they change. */
const ADAPTER = /(^|\.)(lora_[AB]|lora_embedding_[AB]|lora_magnitude_vector|base_layer)(\.|$)/;

export function isAdapterTensor(name: string): boolean {
  return ADAPTER.test(name);
}

/** One change of all names: what is taken off them, and what is put before those that lack it. */
interface NameChange {
  readonly segments: readonly string[];
  readonly off: string;
  readonly before: string;
}

/** Tensors of a checkpoint by the parameters that they are. */
export interface NameMatch {
  /** Parameter -> tensors of the checkpoint that would be it: one, or more where the checkpoint is ambiguous. */
  readonly tensors: ReadonlyMap<string, readonly string[]>;
  /** What a tensor of the checkpoint is called without its wrappers. */
  nameOf(tensor: string): string;
  /** The change in words; undefined where names are used as they stand. */
  readonly change?: string;
}

/**
 * Finds how a checkpoint's names become the parameters': as they stand, or with one change of all
 * of them, the one under which most parameters are found.
 * @param stored names in the checkpoint
 * @param wanted names of the parameters
 */
export function matchNames(stored: readonly string[], wanted: readonly string[]): NameMatch {
  const parameters = new Set(wanted);
  let best = applyChange(stored, parameters, { segments: [], off: "", before: "" });
  if (best.tensors.size === parameters.size) return best;
  for (const change of changes(stored, wanted)) {
    const match = applyChange(stored, parameters, change);
    if (match.tensors.size > best.tensors.size) best = match;
  }
  return best;
}

function changes(stored: readonly string[], wanted: readonly string[]): NameChange[] {
  const segments = SEGMENTS.filter((segment) => stored.some((name) => name.includes(segment)));
  const offs = new Set([""]);
  for (const name of stored) {
    let off = "";
    let rest = without(name, segments);
    for (let depth = 0; depth < DEEPEST; depth++) {
      const prefix = PREFIXES.find((known) => rest.startsWith(known));
      if (prefix === undefined) break;
      off += prefix;
      rest = rest.slice(prefix.length);
      offs.add(off);
    }
  }
  const befores = ["", ...PREFIXES.filter((prefix) => wanted.some((name) => name.startsWith(prefix)))];
  return [...offs].flatMap((off) => befores.map((before) => ({ segments, off, before })));
}

function without(name: string, segments: readonly string[]): string {
  return segments.reduce((rest, segment) => rest.replaceAll(segment, ""), name);
}

function applyChange(stored: readonly string[], parameters: ReadonlySet<string>, change: NameChange): NameMatch {
  const { segments, off, before } = change;
  const nameOf = (tensor: string): string => {
    const whole = without(tensor, segments);
    const name = whole.startsWith(off) ? whole.slice(off.length) : whole;
    return !parameters.has(name) && parameters.has(before + name) ? before + name : name;
  };
  const tensors = new Map<string, string[]>();
  for (const tensor of stored) {
    const name = nameOf(tensor);
    if (parameters.has(name)) tensors.set(name, [...(tensors.get(name) ?? []), tensor]);
  }
  return { tensors, nameOf, change: inWords(change) };
}

function inWords({ segments, off, before }: NameChange): string | undefined {
  const taken = [...segments, ...(off === "" ? [] : [off])];
  const parts = [
    ...(taken.length === 0 ? [] : [`without ${taken.map(shown).join(" and ")}`]),
    ...(before === "" ? [] : [`with ${shown(before)} before them`]),
  ];
  return parts.length === 0 ? undefined : `names of tensors are read ${parts.join(", ")}`;
}
