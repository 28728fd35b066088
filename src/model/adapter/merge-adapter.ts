/** Merges a LoRA adapter into the base model (Hu et al. 2021, arXiv:2106.09685, section 4.1). */
import { FormatError } from "../../errors.js";
import { readFinite } from "../../io/finite-tensor.js";
import { shownList } from "../../io/shown-value.js";
import type { FloatTensor } from "../../runtime/tensor.js";
import type { ParameterLayout } from "../architectures/layers.js";
import { matchNames } from "../weight-names.js";
import type { FittedWeights, StoredParameter } from "../weights.js";
import type { Adapter, ParameterChange } from "./adapter.js";

/** The names of an adapter's two matrices of a module, and how their product is added. */
interface Pair {
  readonly a: string;
  readonly b: string;
  readonly scale: number;
  /** Whether the product B A [out, in] is added transposed. */
  readonly transposed: boolean;
}

/**
 * The weights with an adapter: W + scale B A for matrices with a pair; the adapter's own values for
 * parameters that it stores completely. A parameter is merged only when it is read, in double
 * precision, and rounded once.
 * @throws FormatError that names the adapter's tensors without parameter, or of another shape or
 *   rank
 */
export function mergeAdapter(
  fitted: FittedWeights,
  layout: readonly ParameterLayout[],
  adapter: Adapter,
): FittedWeights {
  const { file, changes } = adapter;
  const dimsOf = new Map(layout.map(({ name, dims }) => [name, dims]));
  const byName = new Map([...changes].map(([name, change]) => [withHeadOf(name, dimsOf), change]));
  const names = [...byName.keys()];
  const match = matchNames(names, [...dimsOf.keys()]);
  const matched = new Set([...match.tensors.values()].flat());
  const strange = names.filter((name) => !matched.has(name)).map(match.nameOf);
  const problems = strange.length === 0 ? [] : [`the base model has no ${shownList(strange)}`];
  const parameters = new Map(fitted.parameters);
  for (const [parameter, [name]] of match.tensors) {
    const change = byName.get(name)!;
    const fault = faultOf(parameter, dimsOf.get(parameter)!, change, adapter);
    if (fault !== undefined) problems.push(fault);
    else
      parameters.set(parameter, merged(parameter, dimsOf.get(parameter)!, parameters.get(parameter)!, change, adapter));
  }
  if (problems.length === 0) return { ...fitted, parameters };
  throw new FormatError(file.path, `does not fit its base model: ${shownProblems(problems)}`, {
    help: "Name the model that the adapter was trained on as its base; a head that shares the embedding's weights cannot be changed alone.",
  });
}

/**
 * transformers 5 names the unembedding of GPT-NeoX `lm_head` in memory; files of whole models have
 * `embed_out`, as in earlier versions.
 */
function withHeadOf(name: string, parameters: ReadonlyMap<string, unknown>): string {
  return parameters.has("embed_out.weight") ? name.replace(/(^|\.)lm_head\.weight$/, "$1embed_out.weight") : name;
}

function shownProblems(problems: readonly string[]): string {
  const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
  return `${problems.slice(0, 5).join("; ")}${more}`;
}

/** The problem of the tensors that change a parameter; undefined if they fit. */
function faultOf(
  parameter: string,
  dims: readonly number[],
  { replacement, pair, addedBias }: ParameterChange,
  { config, file }: Adapter,
): string | undefined {
  const shapeOf = (name: string): readonly number[] => file.tensors.get(name)!.shape;
  for (const name of [replacement, addedBias?.name])
    if (name !== undefined && shapeOf(name).join() !== dims.join())
      return `${name} is [${shapeOf(name).join(", ")}], ${parameter} is [${dims.join(", ")}]`;
  if (!pair) return undefined;
  const [a, b] = [shapeOf(pair.a), shapeOf(pair.b)];
  const pairShapes = `${pair.a} [${a.join(", ")}] and ${pair.b} [${b.join(", ")}]`;
  if (a.length !== 2 || b.length !== 2 || a[0] !== b[1] || !isProduct(dims, b[0], a[1]))
    return `${pairShapes} do not make ${parameter} [${dims.join(", ")}]`;
  const rank = config.rankOf(pair.module);
  return a[0] === rank ? undefined : `${pairShapes} have rank ${a[0]}, ${config.file} says ${rank} of ${pair.module}`;
}

/** Whether a matrix is [rows, columns] or [columns, rows]. */
function isProduct(dims: readonly number[], rows: number, columns: number): boolean {
  return dims.length === 2 && (dims.join() === `${rows},${columns}` || dims.join() === `${columns},${rows}`);
}

/** A parameter that is merged when it is read. */
function merged(
  parameter: string,
  dims: readonly number[],
  base: StoredParameter,
  { replacement, pair, addedBias }: ParameterChange,
  { config, file }: Adapter,
): StoredParameter {
  const start = replacement === undefined ? base : { file, name: replacement };
  const isStraight = pair && dims[0] === file.tensors.get(pair.b)!.shape[0];
  const read = async (): Promise<FloatTensor> => {
    const { data } = await readFinite(start.file, start.name);
    if (addedBias) addScaled(data, (await readFinite(file, addedBias.name)).data, config.scaleOf(addedBias.module));
    if (pair) {
      const [a, b] = [await readFinite(file, pair.a), await readFinite(file, pair.b)];
      // The shape of a square matrix does not show its orientation: embeddings are [in, out], the
      // others as fan_in_fan_out says.
      const transposed = dims[0] === dims[1] ? pair.isEmbedding || config.fanInFanOut : !isStraight;
      addProduct(data, a, b, { ...pair, scale: config.scaleOf(pair.module), transposed });
    }
    return { dims, data };
  };
  return {
    name: parameter,
    file: { path: file.path, tensors: new Map([[parameter, { dtype: "F32", shape: dims }]]), read },
  };
}

function addScaled(data: Float32Array, added: Float32Array, scale: number): void {
  for (let i = 0; i < data.length; i++) data[i] += scale * added[i];
}

/** Adds scale B A, or its transpose, to a matrix in place; A is [rank, in], B [out, rank]. */
function addProduct(data: Float32Array, a: FloatTensor, b: FloatTensor, { scale, transposed }: Pair): void {
  const [rank, into] = a.dims;
  const [out] = b.dims;
  const row = new Float64Array(into);
  for (let o = 0; o < out; o++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * b.data[o * rank + k];
      for (let i = 0; i < into; i++) row[i] += factor * a.data[k * into + i];
    }
    if (transposed) for (let i = 0; i < into; i++) data[i * out + o] += row[i];
    else for (let i = 0; i < into; i++) data[o * into + i] += row[i];
  }
}
