/** Integrated gradients of the contrast over weights, from base to tuned weights. */
import { ShapeError } from "../../errors.js";
import { Graph } from "../../graph/builder.js";
import { type EngineModel, passInputs } from "../../model/architectures/architecture.js";
import type { ParameterRole, UnitKind } from "../../model/architectures/parameter-role.js";
import { tokenLogProbs } from "../../model/causal-lm.js";
import { outputGradients } from "../../runtime/gradient-outputs.js";
import { parameterInputs } from "../../runtime/parameter-inputs.js";
import type { GradientAlong } from "../../runtime/protocol.js";
import { gaussLegendre } from "../../stats/gauss-legendre.js";
import type { BetweenModels } from "./between-models.js";
import { contrastBatches, contrastFeeds } from "./contrast-batches.js";
import { parameterRoles } from "./model-parts.js";
import type { TextPair } from "./text-pairs.js";

/** The integrated gradients of one tensor. */
export interface TensorCarry {
  readonly name: string;
  readonly role: ParameterRole;
  /** Mean over all pairs, in nats. */
  readonly value: number;
  /** Sum over the pairs of each batch, in nats. */
  readonly ofBatches: Float64Array;
}

/** The integrated gradients of the units of one kind in one layer, over all their tensors. */
export interface UnitCarry {
  readonly kind: UnitKind;
  /** Null for tokens of the vocabulary. */
  readonly layer: number | null;
  /** Mean over all pairs, per unit, in nats. */
  readonly values: Float64Array;
}

/** The contrast attributed to weights along the line from base to tuned. */
export interface WeightPath {
  readonly points: number;
  /** Number of pairs in each batch. */
  readonly batches: readonly number[];
  /**
   * Sum over all tensors, in nats: the contrast of tuned minus base, up to the quadrature's error.
   */
  readonly sum: number;
  readonly tensors: readonly TensorCarry[];
  readonly units: readonly UnitCarry[];
}

/** Points of the quadrature, and who is told of progress. */
export interface WeightPathOptions {
  /**
   * Points of the Gauss-Legendre quadrature; each needs a forward and backward pass over all pairs.
   */
  readonly points: number;
  readonly signal?: AbortSignal;
  /** Called with the number of passes over a pair that are done, of points * pairs. */
  onPairs?(done: number): void;
}

/** Weighted sum of log-probabilities of chosen tokens, and its gradient by every parameter. */
function weightedGraph(model: EngineModel): Graph {
  const g = new Graph(`gradients of log-probabilities, ${model.config.modelType}`);
  const parameter = parameterInputs(g, model.store.layout);
  const states = model.architecture.hidden(g, model.config, parameter, passInputs(g));
  const selected = g.gather(g.flatten(states), g.input("rows", ["rows"], "int64"));
  const logits = model.architecture.unembed(g, model.config, parameter, selected);
  const logProbs = tokenLogProbs(g, logits, g.input("targets", ["rows"], "int64"));
  outputGradients(g, g.reduceSum(g.mul(logProbs, g.input("weights", ["rows"]))));
  return g;
}

/**
 * Integrated gradients of the contrast (see `contrast`) along the straight line from base to tuned
 * weights: the value of weight w is (w_tuned - w_base) times the mean gradient on the line. The sum
 * over all weights is the contrast of tuned minus base model, so the shares of tensors, heads,
 * neurons and tokens add up. They measure the effect of a weight on this line, not its effect
 * alone.
 * @throws ShapeError without pairs, or when `points` is not a positive integer
 * @see Sundararajan, Taly, Yan 2017, "Axiomatic Attribution for Deep Networks", arXiv:1703.01365;
 *   there the line is between inputs, here between weights
 */
export async function weightPath(
  between: BetweenModels,
  pairs: readonly TextPair[],
  { points, signal, onPairs }: WeightPathOptions,
): Promise<WeightPath> {
  if (pairs.length === 0) throw new ShapeError("pairs: expected at least one, received none");
  const quadrature = gaussLegendre(points);
  const { model } = between;
  const batches = contrastBatches(pairs, model.config.vocabSize);
  const program = await model.program("weighted log-probabilities", () => weightedGraph(model));
  const tensors = parameterRoles(model).map(({ name, role }) => ({
    ...{ name, role },
    ofBatches: new Float64Array(batches.length),
  }));
  const units = new UnitSums();
  let done = 0;
  for (const { at, weight } of quadrature) {
    await between.setDose(at);
    for (const [batch, own] of batches.entries()) {
      await program.run({ feeds: contrastFeeds(model.config, own), stores: [model.store], signal });
      for (const { name, role, ofBatches } of tensors) {
        const products = await model.store.gradientAlong(name, between.base.store, between.tuned.store);
        ofBatches[batch] += weight * units.add(products, role, weight / pairs.length);
      }
      done += own.length;
      onPairs?.(done);
    }
  }
  const found = tensors.map(({ name, role, ofBatches }) => ({
    ...{ name, role, ofBatches },
    value: ofBatches.reduce((total, own) => total + own, 0) / pairs.length,
  }));
  return {
    points,
    batches: batches.map(({ length }) => length),
    sum: found.reduce((total, { value }) => total + value, 0),
    tensors: found,
    units: units.all(),
  };
}

/** Sums per unit, over tensors, batches and points. */
class UnitSums {
  private readonly sums = new Map<string, { kind: UnitKind; layer: number | null; values: number[] }>();

  /**
   * Adds the products of a tensor to the sums of its units.
   * @returns the sum of all products, without the factor
   */
  add({ ofRows, ofColumns }: GradientAlong, role: ParameterRole, factor: number): number {
    const { units } = role;
    const layer = role.layer ?? null;
    const total = ofRows.reduce((all, own) => all + own, 0);
    if (!units) return total;
    const key = `${units.kind} ${layer}`;
    const own = this.sums.get(key) ?? { kind: units.kind, layer, values: [] };
    this.sums.set(key, own);
    for (const [index, sum] of (units.axis === 0 ? ofRows : ofColumns).entries()) {
      const unit = units.unitOf(index);
      own.values[unit] = (own.values[unit] ?? 0) + factor * sum;
    }
    return total;
  }

  all(): UnitCarry[] {
    return [...this.sums.values()].map(({ kind, layer, values }) => ({
      kind,
      layer,
      values: Float64Array.from(values),
    }));
  }
}
