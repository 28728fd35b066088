/**
 * Sizes of tensors, some known only when a graph runs, with their sums, products and comparison.
 */

export type DType = "float32" | "int64" | "bool";

/**
 * A size: a number, or the name of a size that is known only when the graph runs, such as `batch`.
 * Products and sums of names have a canonical form (`batch*length`, `past+length`), so that equal
 * sizes compare equal.
 */
export type Dim = number | string;

/** Type and shape of a tensor. */
export interface Signature {
  readonly dtype: DType;
  readonly dims: readonly Dim[];
}

/** `[batch, length, 512]` */
export function formatDims(dims: readonly Dim[]): string {
  return `[${dims.join(", ")}]`;
}

/** A size as a polynomial: product of names (none for the constant) -> coefficient. */
function polynomial(dim: Dim): Map<string, number> {
  const terms = new Map<string, number>();
  for (const term of String(dim).split("+")) {
    const factors = term.split("*");
    const names = factors.filter((factor) => !/^\d+$/.test(factor)).sort();
    const coefficient = factors
      .filter((factor) => /^\d+$/.test(factor))
      .reduce((product, factor) => product * Number(factor), 1);
    terms.set(names.join("*"), (terms.get(names.join("*")) ?? 0) + coefficient);
  }
  return terms;
}

function spell(terms: ReadonlyMap<string, number>): Dim {
  const named = [...terms].filter(([names, coefficient]) => names !== "" && coefficient !== 0);
  const parts = named.map(([names, coefficient]) => (coefficient === 1 ? names : `${coefficient}*${names}`)).sort();
  const constant = terms.get("") ?? 0;
  if (parts.length === 0) return constant;
  return [...parts, ...(constant === 0 ? [] : [String(constant)])].join("+");
}

/**
 * The product of sizes in canonical form: multiplied out, each term's number first, names sorted.
 */
export function multiplyDims(dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>((product, dim) => {
    const terms: Dim[] = [];
    for (const [left, a] of polynomial(product))
      for (const [right, b] of polynomial(dim))
        terms.push([a * b, left, right].filter((factor) => factor !== "").join("*"));
    return addDims(terms);
  }, 1);
}

/** The sum of sizes in canonical form: equal terms combined, sorted, the number last. */
export function addDims(dims: readonly Dim[]): Dim {
  return spell(polynomial(dims.length === 0 ? 0 : dims.join("+")));
}

export function sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** -1 is the last axis. */
export function normaliseAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
