/**
 * Maps names of tensors in a checkpoint to names of a model's parameters when a wrapper has changed
 * them.
 */
import { shown } from "../io/shown-value.js";

/** Segments that PyTorch's wrappers (compiled, sharded and recomputed modules) add at any depth. */
const SEGMENTS = ["_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."];

/**
 * Prefixes of a model that is part of another: DataParallel, TRL's models with a value head, PEFT,
 * Lightning. The last five are the prefixes of the families' own models.
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
  "roberta.",
  "bert.",
];

/** Maximal depth of nested wrappers. */
const DEEPEST = 8;

/** Tensors of adapters, which PEFT stores besides the weights that they change. */
const ADAPTER = /(^|\.)(lora_[AB]|lora_embedding_[AB]|lora_magnitude_vector|base_layer)(\.|$)/;

/** Whether a tensor of a checkpoint is that of an adapter, by its name. */
export function isAdapterTensor(name: string): boolean {
  return ADAPTER.test(name);
}

/**
 * A change of all names: the prefix that is removed, and the one that is added to names without it.
 */
interface NameChange {
  readonly segments: readonly string[];
  readonly off: string;
  readonly before: string;
}

/** The tensors of a checkpoint by parameter. */
export interface NameMatch {
  /** Parameter -> its tensors in the checkpoint; more than one if the checkpoint is ambiguous. */
  readonly tensors: ReadonlyMap<string, readonly string[]>;
  /** The name of a tensor without the wrappers' additions. */
  nameOf(tensor: string): string;
  /** The change in words; undefined if names are unchanged. */
  readonly change?: string;
}

/**
 * Maps a checkpoint's names to the parameters' names: unchanged, or with the one change that finds
 * the most parameters.
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
