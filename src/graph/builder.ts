/** Typed functions that add nodes to a graph. */
import { InternalError, ShapeError } from "../errors.js";
import { type Dim, type DType, formatDims, multiplyDims, normaliseAxis, sameDims } from "./dims.js";
import { type Attributes, inferSignatures, normaliseAxes, type OpName } from "./op.js";
import { isOp, type Node, type Value } from "./value.js";

const float = "float32";

/** A graph under construction. Nodes are in an order in which they can run. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly outputs: { readonly name: string; readonly value: Value }[] = [];
  private nextId = 0;
  private places: string[] = [];

  constructor(readonly name: string) {}

  /** Runs `build` with `place` added to the address that shape errors print. */
  at<T>(place: string, build: () => T): T {
    this.places.push(place);
    try {
      return build();
    } finally {
      this.places.pop();
    }
  }

  /** The address that messages print. */
  private get place(): string {
    return this.places.length ? `${this.places.join(".")} (graph "${this.name}")` : `graph "${this.name}"`;
  }

  /** An input that is fed, or bound to a parameter, under this name. */
  input(name: string, dims: readonly Dim[], dtype: DType = float): Value {
    if (this.inputs.some((input) => input.name === name))
      throw new InternalError(`graph ${this.name} has two inputs ${name}`);
    const value: Value = { id: this.nextId++, dtype, dims, node: null, name };
    this.inputs.push(value);
    return value;
  }

  /** Makes a value readable under this name when the graph runs. */
  output(name: string, value: Value): void {
    if ([...this.outputs, ...this.inputs].some((other) => other.name === name))
      throw new InternalError(`graph ${this.name}: an input or output ${name} exists already`);
    this.outputs.push({ name, value });
  }

  /** Adds one node and returns all its outputs. */
  apply<K extends OpName>(op: K, inputs: readonly Value[], attributes: Attributes[K]): Value[] {
    const { place } = this;
    const outputs: Value[] = [];
    const node: Node<K> = { op, inputs, outputs, attributes, place };
    for (const { dtype, dims } of inferSignatures(op, inputs, attributes, place))
      outputs.push({ id: this.nextId++, dtype, dims, node });
    this.nodes.push(node);
    return outputs;
  }

  private one<K extends OpName>(op: K, inputs: readonly Value[], attributes: Attributes[K]): Value {
    return this.apply(op, inputs, attributes)[0];
  }

  /** Constant floats of these sizes; default: one axis. */
  constant(data: Float32Array | readonly number[], dims: readonly number[] = [data.length]): Value {
    return this.one("Constant", [], { dims, dtype: float, data: Float32Array.from(data) });
  }

  /** A constant float without axes. */
  scalar(value: number): Value {
    return this.constant([value], []);
  }

  /** Constant int64 numbers of these sizes; default: one axis. */
  constantInts(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.one("Constant", [], { dims, dtype: "int64", data: BigInt64Array.from(values, BigInt) });
  }

  /** A tensor of one value, with the shape of `like`. */
  filledLike(like: Value, value: number): Value {
    return this.one("ConstantOfShape", [this.shape(like)], { dims: like.dims, value });
  }

  /** The shape of x as an int64 tensor; a constant if all sizes are known. */
  shape(x: Value): Value {
    if (x.dims.every((dim) => typeof dim === "number")) return this.constantInts(x.dims as number[]);
    return this.one("Shape", [x], {});
  }

  /** x in another type of numbers; x itself where it has that type. */
  cast(x: Value, to: DType): Value {
    return x.dtype === to ? x : this.one("Cast", [x], { to });
  }

  /** An operator that broadcasts, so that its expanded inputs need not be materialised. */
  private elementwise(op: "Add" | "Sub" | "Mul" | "Div", a: Value, b: Value): Value {
    const expanded = (x: Value): Node<"Expand"> | undefined => (isOp(x.node, "Expand") ? x.node : undefined);
    const [left, right] = [expanded(a), expanded(b)];
    if (left && b.dims.length === 0) {
      const [inner, shape] = left.inputs;
      return this.one("Expand", [this.one(op, [inner, b], {}), shape], left.attributes);
    }
    if (left && sameDims(a.dims, b.dims)) return this.one(op, [left.inputs[0], b], {});
    if (right && sameDims(a.dims, b.dims)) return this.one(op, [a, right.inputs[0]], {});
    return this.one(op, [a, b], {});
  }
  /** a + b, broadcast as in NumPy. */
  add(a: Value, b: Value): Value {
    return this.elementwise("Add", a, b);
  }
  /** a - b, broadcast. */
  sub(a: Value, b: Value): Value {
    return this.elementwise("Sub", a, b);
  }
  /** a b, element by element, broadcast. */
  mul(a: Value, b: Value): Value {
    return this.elementwise("Mul", a, b);
  }
  /** a / b, element by element, broadcast. */
  div(a: Value, b: Value): Value {
    return this.elementwise("Div", a, b);
  }
  /** The smaller of both, element by element, broadcast. */
  min(a: Value, b: Value): Value {
    return this.one("Min", [a, b], {});
  }
  /** The larger of both, element by element, broadcast. */
  max(a: Value, b: Value): Value {
    return this.one("Max", [a, b], {});
  }
  /** x * factor */
  scale(x: Value, factor: number): Value {
    return this.mul(x, this.scalar(factor));
  }
  /** x + term */
  shift(x: Value, term: number): Value {
    return this.add(x, this.scalar(term));
  }
  /** x limited to [low, high] */
  clip(x: Value, low: number, high: number): Value {
    return this.min(this.max(x, this.scalar(low)), this.scalar(high));
  }
  /** x^2, element by element. */
  square(x: Value): Value {
    return this.mul(x, x);
  }

  /** Booleans: a = b, broadcast. No gradient passes through a comparison. */
  equal(a: Value, b: Value): Value {
    return this.one("Equal", [a, b], {});
  }
  /** Booleans: a < b, broadcast. */
  less(a: Value, b: Value): Value {
    return this.one("Less", [a, b], {});
  }
  /** Booleans: a > b, broadcast. */
  greater(a: Value, b: Value): Value {
    return this.one("Greater", [a, b], {});
  }
  /** Booleans: both are true, broadcast. */
  and(a: Value, b: Value): Value {
    return this.one("And", [a, b], {});
  }
  /** Booleans: x is false. */
  not(x: Value): Value {
    return this.one("Not", [x], {});
  }
  /** a where the condition is true, else b; all three broadcast. */
  where(condition: Value, a: Value, b: Value): Value {
    return this.one("Where", [condition, a, b], {});
  }

  /** x as a constant: no gradient passes through it. */
  withoutGradient(x: Value): Value {
    return this.one("Identity", [x], {});
  }
  /** -x */
  neg(x: Value): Value {
    return this.one("Neg", [x], {});
  }
  /** e^x, element by element. */
  exp(x: Value): Value {
    return this.one("Exp", [x], {});
  }
  /** The natural logarithm, element by element. */
  log(x: Value): Value {
    return this.one("Log", [x], {});
  }
  /** The square root, element by element. */
  sqrt(x: Value): Value {
    return this.one("Sqrt", [x], {});
  }
  /** 1 / x, element by element. */
  reciprocal(x: Value): Value {
    return this.one("Reciprocal", [x], {});
  }
  /** The absolute value; its gradient at 0 is 0. */
  abs(x: Value): Value {
    return this.one("Abs", [x], {});
  }
  /** The sine of x in radians. */
  sin(x: Value): Value {
    return this.one("Sin", [x], {});
  }
  /** The cosine of x in radians. */
  cos(x: Value): Value {
    return this.one("Cos", [x], {});
  }
  /** The hyperbolic tangent, element by element. */
  tanh(x: Value): Value {
    return this.one("Tanh", [x], {});
  }
  /** The error function, element by element. */
  erf(x: Value): Value {
    return this.one("Erf", [x], {});
  }
  /** 1 / (1 + e^-x), element by element. */
  sigmoid(x: Value): Value {
    return this.one("Sigmoid", [x], {});
  }
  /** x where it is positive, else 0; its gradient at 0 is 0. */
  relu(x: Value): Value {
    return this.one("Relu", [x], {});
  }
  /** `none` is the exact Gaussian error linear unit, `tanh` its approximation (`gelu_new`). */
  gelu(x: Value, approximate: "none" | "tanh" = "none"): Value {
    return this.one("Gelu", [x], { approximate });
  }

  /** Product of matrices: a [.., n, k] and b [.., k, m] give [.., n, m]; the axes before broadcast. */
  matMul(a: Value, b: Value): Value {
    return this.one("MatMul", [a, b], {});
  }
  /** x [.., in] through a weight stored as [out, in], as PyTorch's Linear: x W^T + bias. */
  linear(x: Value, weight: Value, bias?: Value): Value {
    const product = this.matMul(x, this.swapLast(weight));
    return bias ? this.add(product, bias) : product;
  }

  /** Transposing back gives the original value, without a node. */
  transpose(x: Value, perm: readonly number[]): Value {
    if (isOp(x.node, "Transpose")) {
      const before = x.node.attributes.perm;
      if (perm.every((axis, position) => before[axis] === position)) return x.node.inputs[0];
    }
    return this.one("Transpose", [x], { perm });
  }
  /** Exchanges the last two axes. */
  swapLast(x: Value): Value {
    const perm = x.dims.map((_, axis) => axis);
    [perm[perm.length - 2], perm[perm.length - 1]] = [perm[perm.length - 1], perm[perm.length - 2]];
    return this.transpose(x, perm);
  }

  /**
   * x with other sizes. At most one size may be named that x does not have at the same axis; use
   * `reshapeLike` otherwise.
   * @throws ShapeError when the sizes do not follow from x
   */
  reshape(x: Value, dims: readonly Dim[]): Value {
    const target = dims.map((dim, axis) => (typeof dim === "number" ? dim : dim === x.dims[axis] ? 0 : -1));
    if (target.filter((size) => size === -1).length > 1)
      throw new ShapeError(`Reshape: ${formatDims(x.dims)} to ${formatDims(dims)} leaves two sizes open`, {
        at: this.place,
        help: "Use reshapeLike with a value of the wanted shape.",
      });
    return this.one("Reshape", [x, this.constantInts(target)], { dims });
  }
  /** x with the shape of another value with the same number of elements. */
  reshapeLike(x: Value, like: Value): Value {
    return sameDims(x.dims, like.dims) ? x : this.one("Reshape", [x, this.shape(like)], { dims: like.dims });
  }
  /** x as a matrix [all axes but the last, last axis]. */
  flatten(x: Value): Value {
    if (x.dims.length === 2) return x;
    return this.reshape(x, [multiplyDims(x.dims.slice(0, -1)), x.dims[x.dims.length - 1]]);
  }
  /** Adds an axis of size 1. */
  unsqueeze(x: Value, axis: number): Value {
    const position = normaliseAxis(axis, x.dims.length + 1);
    const dims = [...x.dims.slice(0, position), 1, ...x.dims.slice(position)];
    const open = dims.filter((dim, i) => typeof dim === "string" && dim !== x.dims[i]).length;
    // A Reshape would need the shape of x as a tensor, so a size of 1 is added instead.
    if (open > 1) return this.one("Reshape", [x, this.concat([...this.shapeParts(x, position)], 0)], { dims });
    return this.reshape(x, dims);
  }
  private shapeParts(x: Value, position: number): Value[] {
    const shape = this.shape(x);
    const parts: Value[] = [];
    if (position > 0) parts.push(this.slice(shape, 0, 0, position));
    parts.push(this.constantInts([1]));
    if (position < x.dims.length) parts.push(this.slice(shape, 0, position, x.dims.length));
    return parts;
  }
  /** x repeated along axes of size 1, or axes that it lacks, to the shape of another value. */
  expandLike(x: Value, like: Value): Value {
    return sameDims(x.dims, like.dims) ? x : this.one("Expand", [x, this.shape(like)], { dims: like.dims });
  }
  /** Values side by side along one axis; their other sizes are equal. */
  concat(parts: readonly Value[], axis: number): Value {
    if (parts.length === 1) return parts[0];
    return this.one("Concat", parts, { axis: normaliseAxis(axis, parts[0].dims.length) });
  }
  /** The positions start, .., end - 1 of one axis. */
  slice(x: Value, axis: number, start: number, end: number): Value {
    const at = normaliseAxis(axis, x.dims.length);
    const places = [[start], [end], [at]].map((place) => this.constantInts(place));
    return this.one("Slice", [x, ...places], { axis: at, start, end });
  }
  /** Zeros before and after x along an axis of fixed size. */
  pad(x: Value, axis: number, before: number, after: number): Value {
    const at = normaliseAxis(axis, x.dims.length);
    return this.one("Pad", [x, this.constantInts([before, after]), this.scalar(0), this.constantInts([at])], {
      axis: at,
      before,
      after,
    });
  }

  /** Rows of a table: table [n, ..], indices of any shape. */
  gather(table: Value, indices: Value): Value {
    return this.one("Gather", [table, indices], {});
  }
  /** Elements of x along one axis, chosen by indices of the same number of axes (torch.gather). */
  gatherElements(x: Value, indices: Value, axis: number): Value {
    return this.one("GatherElements", [x, indices], { axis: normaliseAxis(axis, x.dims.length) });
  }
  /** x with `updates` added at `indices` along an axis. */
  scatterElements(x: Value, indices: Value, updates: Value, axis: number): Value {
    return this.one("ScatterElements", [x, indices, updates], { axis: normaliseAxis(axis, x.dims.length) });
  }
  /** x with `updates` [.., rest] added to its rows `indices` [.., 1]. */
  scatterRows(x: Value, indices: Value, updates: Value): Value {
    return this.one("ScatterND", [x, indices, updates], {});
  }

  /** The sum over these axes, default all; `keepDims` leaves them with size 1. */
  reduceSum(x: Value, axes?: readonly number[], keepDims = false): Value {
    return this.reduce("ReduceSum", x, axes, keepDims);
  }
  /** The mean over these axes, default all. */
  reduceMean(x: Value, axes?: readonly number[], keepDims = false): Value {
    return this.reduce("ReduceMean", x, axes, keepDims);
  }
  /** The largest element over these axes, default all. */
  reduceMax(x: Value, axes?: readonly number[], keepDims = false): Value {
    return this.reduce("ReduceMax", x, axes, keepDims);
  }
  private reduce(
    op: "ReduceSum" | "ReduceMean" | "ReduceMax",
    x: Value,
    axes: readonly number[] | undefined,
    keepDims: boolean,
  ): Value {
    const wanted = normaliseAxes(axes ?? x.dims.map((_, axis) => axis), x.dims.length);
    // ONNX reads an empty list of axes as all of them.
    if (wanted.length === 0) return x;
    return this.one(op, [x, this.constantInts(wanted)], { axes: wanted, keepDims });
  }

  /** Running sum from the first element, or from the last with `reverse`. */
  cumSum(x: Value, axis: number, reverse = false): Value {
    const at = normaliseAxis(axis, x.dims.length);
    return this.one("CumSum", [x, this.constantInts([at], [])], { axis: at, reverse });
  }
  /**
   * x with all but the k largest values of its last axis set to 0; of equal ones the first are
   * kept. Gradients pass only through kept values.
   * @param k a number, or an int64 input [1]
   */
  keepLargest(x: Value, k: number | Value): Value {
    const count = typeof k === "number" ? this.constantInts([k]) : k;
    const [values, indices] = this.apply("TopK", [x, count], { size: typeof k === "number" ? k : (k.name ?? "k") });
    return this.scatterElements(this.filledLike(x, 0), indices, values, -1);
  }
  /**
   * The count-th largest of all values of x [rows, columns], a scalar without gradient.
   * @param count int64 [1], from 1 to the number of values
   */
  kthLargest(x: Value, count: Value): Value {
    const all = this.reshape(x, [1, multiplyDims(x.dims)]);
    const [largest] = this.apply("TopK", [all, count], { size: "kept" });
    return this.withoutGradient(this.neg(this.reduceMax(this.neg(largest))));
  }
  /** e^x divided by its sum over one axis. */
  softmax(x: Value, axis = -1): Value {
    return this.one("Softmax", [x], { axis: normaliseAxis(axis, x.dims.length) });
  }
  /** The logarithm of the softmax over one axis. */
  logSoftmax(x: Value, axis = -1): Value {
    return this.one("LogSoftmax", [x], { axis: normaliseAxis(axis, x.dims.length) });
  }
  /** Over the last axis. */
  layerNorm(x: Value, scale: Value, bias: Value, epsilon: number): Value {
    return this.one("LayerNormalization", [x, scale, bias], { epsilon });
  }
}
