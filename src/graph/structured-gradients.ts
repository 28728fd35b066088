/**
 * Gradients that are large matrices with structure: rows of one matrix with a factor each, a few
 * numbers among zeros, slices of one value. Materialised, they cost as much as dense ones (the
 * gradient of logits has the width of the vocabulary, that of an embedding its length). These
 * functions recognise such a gradient by the node that made it, and avoid the large matrix.
 */
import type { Graph } from "./builder.js";
import { sameDims } from "./dims.js";
import { isOp, type Node, type Value } from "./value.js";

/** A matrix with a factor per row, as `matrix * factors`. */
interface RowScaled {
  readonly matrix: Value;
  /** [.., 1] */
  readonly factors: Value;
}

function rowScaled(value: Value): RowScaled | undefined {
  if (!isOp(value.node, "Mul")) return undefined;
  const [matrix, factors] = value.node.inputs;
  const onePerRow = factors.dims.length === matrix.dims.length && factors.dims.at(-1) === 1;
  return onePerRow && sameDims(matrix.dims, value.dims) ? { matrix, factors } : undefined;
}

/**
 * The gradient of a in y = a b: gradient b^T.
 * Factors of the gradient's rows multiply the product instead, which has a's width: for logits,
 * hundreds of columns instead of tens of thousands.
 * @param gradient of y, [.., n]
 * @param b [.., m, n]
 * @returns [.., m]
 */
export function toLeftFactor(g: Graph, gradient: Value, b: Value): Value {
  const scaled = b.dims.length === 2 ? rowScaled(gradient) : undefined;
  if (!scaled) return g.matMul(gradient, g.swapLast(b));
  return g.mul(g.matMul(scaled.matrix, g.swapLast(b)), scaled.factors);
}

/**
 * The gradient of b in y = a b: a^T gradient. If b is a matrix that is shared by a batch, this is
 * one product over all rows (a batch of products would have to be summed). Factors of the
 * gradient's rows multiply a, the narrower side. If b is a transposed weight, the product is
 * computed in the weight's layout, so that no transposed copy is made.
 * @param a [.., m]
 * @param gradient of y, [.., n]
 * @returns [.., m, n]
 */
export function toRightFactor(g: Graph, a: Value, gradient: Value, b: Value): Value {
  let [left, right] = [a, gradient];
  if (b.dims.length === 2) {
    const scaled = rowScaled(gradient);
    left = g.flatten(scaled ? g.mul(a, scaled.factors) : a);
    right = g.flatten(scaled ? scaled.matrix : gradient);
  }
  return isOp(b.node, "Transpose") ? g.swapLast(g.matMul(g.swapLast(right), left)) : g.matMul(g.swapLast(left), right);
}

function isZeros(value: Value): boolean {
  return isOp(value.node, "ConstantOfShape") && value.node.attributes.value === 0;
}

/**
 * The gradient of x in y = log softmax(x), where the gradient of y is one number per row among
 * zeros, u at the chosen index c, as for the log-probability of a token:
 * u (onehot(c) - exp y) = (exp y - onehot(c)) (-u), a matrix with a factor per row, so that the
 * product before it can keep the factors apart (`toLeftFactor`).
 * @param y the output, gradient the gradient of y, axis the one of the softmax
 * @returns undefined if the gradient does not have this form
 */
export function toLogSoftmaxOfChosen(g: Graph, y: Value, gradient: Value, axis: number): Value | undefined {
  if (!isOp(gradient.node, "ScatterElements") || gradient.node.attributes.axis !== axis) return undefined;
  const [base, chosen, factors] = gradient.node.inputs;
  if (!isZeros(base) || factors.dims[axis] !== 1) return undefined;
  const less = g.scatterElements(g.exp(y), chosen, g.filledLike(factors, -1), axis);
  return g.mul(less, g.neg(factors));
}

const isPad = (node: Node | null): node is Node<"Pad"> => isOp(node, "Pad");

/**
 * The sum of a value's gradients. Gradients of slices are padded with zeros to the size of the
 * value. Adjacent ones that cover the value, such as query, key and value of one product, are
 * concatenated, since padding and adding would materialise each at full size.
 * @param parts at least one, all of the value's shape
 */
export function sumOfParts(g: Graph, parts: readonly Value[]): Value {
  const padded = parts
    .map(({ node }) => node)
    .filter(isPad)
    .sort((a, b) => a.attributes.before - b.attributes.before);
  if (padded.length < 2 || !coverSideBySide(padded)) return parts.reduce((sum, part) => g.add(sum, part));
  const joined = g.concat(
    padded.map(({ inputs: [slice] }) => slice),
    padded[0].attributes.axis,
  );
  return parts.filter(({ node }) => !isPad(node)).reduce((sum, part) => g.add(sum, part), joined);
}

/** Whether slices are adjacent and cover the axis from 0 to its end. */
function coverSideBySide(padded: readonly Node<"Pad">[]): boolean {
  const { axis } = padded[0].attributes;
  let end = 0;
  const adjoin = padded.every(({ inputs: [slice], attributes }) => {
    const follows = attributes.axis === axis && attributes.before === end;
    end += slice.dims[axis] as number;
    return follows;
  });
  return adjoin && padded[padded.length - 1].attributes.after === 0;
}

/** Rows that are added to rows of a table: indices [.., 1], rows [.., width]. */
export interface RowGradients {
  readonly indices: Value;
  readonly rows: Value;
}

/**
 * The gradient of a table [n, width] in two parts: that of the rows that were looked up, and the
 * rest, from other uses of the table, as a matrix. Either may be absent, not both. A batch has a
 * few hundred of tens of thousands of tokens, so a matrix of zeros with a few rows would be
 * expensive. A rest that is a broadcast value (as for the sum of a whole table) stays in the sum.
 */
export function lookedUpApart(gradient: Value): { whole?: Value; lookedUp?: RowGradients } {
  const alone = rowsOverZeros(gradient);
  if (alone) return { lookedUp: alone };
  if (isOp(gradient.node, "Add")) {
    const [a, b] = gradient.node.inputs;
    for (const [part, whole] of [
      [a, b],
      [b, a],
    ]) {
      const lookedUp = rowsOverZeros(part);
      if (lookedUp && sameDims(whole.dims, gradient.dims)) return { whole, lookedUp };
    }
  }
  return { whole: gradient };
}

function rowsOverZeros(value: Value): RowGradients | undefined {
  if (!isOp(value.node, "ScatterND") || value.dims.length !== 2) return undefined;
  const [base, indices, rows] = value.node.inputs;
  return isZeros(base) ? { indices, rows } : undefined;
}
