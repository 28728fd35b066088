/**
 * Parameters of one memory made of those of others, where they lie: a model's weights would otherwise go
 * to the main thread and back. Used in the worker.
 */
import { InternalError } from "../errors.js";
import type { ParameterMemory } from "./parameter-memory.js";
import type { GradientAlong } from "./protocol.js";

function valuesOf(memory: ParameterMemory, name: string): Float32Array {
  const values = memory.view("parameters", name);
  if (!values) throw new InternalError(`a store has no parameter ${name}`);
  return values;
}

/**
 * @param names default: all that both have
 * @throws InternalError when one of the names is in only one of them
 */
export function copyParameters(from: ParameterMemory, to: ParameterMemory, names?: readonly string[]): void {
  const common = () => to.layout.map(({ name }) => name).filter((name) => from.view("parameters", name));
  for (const name of names ?? common()) {
    valuesOf(to, name);
    to.overwrite("parameters", name)!.set(valuesOf(from, name));
  }
}

/** Sets every parameter of `memory` to start + dose (end - start), the difference in single precision. */
export function setBetween(memory: ParameterMemory, start: ParameterMemory, end: ParameterMemory, dose: number): void {
  for (const { name } of memory.layout) {
    const [from, to] = [valuesOf(start, name), valuesOf(end, name)];
    putBetween(from, to, dose, memory.overwrite("parameters", name)!);
  }
}

/** from + dose (to - from), the difference in single precision, into `values`. */
export function putBetween(from: Float32Array, to: Float32Array, dose: number, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i] = from[i] + dose * Math.fround(to[i] - from[i]);
}

/** @throws InternalError when a store lacks the parameter or its gradient */
export function gradientAlong(
  memory: ParameterMemory,
  start: ParameterMemory,
  end: ParameterMemory,
  name: string,
): GradientAlong {
  const [from, to] = [valuesOf(start, name), valuesOf(end, name)];
  const gradient = memory.view("gradients", name);
  if (!gradient) throw new InternalError(`a store has no gradient of ${name}`);
  return sumsAlong(gradient, from, to, memory.dims(name)[0]);
}

/** Sums of the products of a gradient [rows, ...] and a difference, each in single precision. */
export function sumsAlong(gradient: Float32Array, from: Float32Array, to: Float32Array, rows: number): GradientAlong {
  const columns = gradient.length / rows;
  const [ofRows, ofColumns] = [new Float64Array(rows), new Float64Array(columns)];
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      const product = Math.fround(gradient[i] * Math.fround(to[i] - from[i]));
      sum += product;
      ofColumns[column] += product;
    }
    ofRows[row] = sum;
  }
  return { ofRows, ofColumns };
}
