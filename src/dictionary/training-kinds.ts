/** How dictionaries are trained, as one total table; the trained kind is one of `kinds.ts`. */
import { RewardscopeError } from "../errors.js";
import type { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import type { KindSettings, TrainingKindName, TrainingKindRow, TrainingKindTable } from "./kind.js";
import { problemOfK } from "./kinds.js";

/**
 * Width of the kernel for the gradients of thresholds, and their initial value, as in SAELens
 * (`jumprelu_bandwidth`, `jumprelu_init_threshold`).
 */
const BANDWIDTH = 0.05;
const FIRST_THRESHOLD = 0.01;

/**
 * Compares pre-activations [tokens, dSae] with the features' thresholds; negative thresholds count
 * as 0. The comparison has no gradient. `edge` has the gradient of a step smoothed by a rectangular
 * kernel: -1 / bandwidth by the threshold within half a bandwidth around it, 0 by the
 * pre-activation (Rajamanoharan et al. 2024, section 4).
 * @returns above: 1 and 0; edge: 0, with the smoothed gradient; threshold: without gradient
 */
function jump(
  g: Graph,
  preActivations: Value,
  trained: Value,
): Readonly<Record<"above" | "edge" | "threshold", Value>> {
  const threshold = g.withoutGradient(g.relu(trained));
  const above = g.cast(g.greater(preActivations, threshold), "float32");
  const near = g.cast(g.less(g.abs(g.sub(preActivations, threshold)), g.scalar(BANDWIDTH / 2)), "float32");
  // 0, with gradient 1 by the threshold.
  const moved = g.sub(trained, g.withoutGradient(trained));
  return { above, edge: g.mul(g.scale(near, -1 / BANDWIDTH), moved), threshold };
}

const table: TrainingKindTable = {
  /** Sparse by the L1 norm of the feature activations in the loss (paper, section 4.2). */
  relu: {
    summary: "sparse by an L1 penalty (section 4.2)",
    problem: () => undefined,
    label: ({ l1Coef }) => `l1 ${l1Coef}`,
    constants: () => ({}),
    tensors: {},
    observed: [],
    activation: (g, preActivations) => g.relu(preActivations),
    keep: () => ({ of: "all" }),
    loss: (g, { error, l1 }, weight) => g.add(error, g.mul(weight("l1Weight"), l1)),
    weights: ({ l1Coef }, tokens) => ({ l1Weight: l1Coef / tokens }),
    facts: ({ l1Coef }) => ({ l1Coef }),
    finish: () => ({ name: "relu" }),
  },

  /**
   * The k largest activations of each token (Gao et al. 2024, arXiv:2406.04093). The loss is only
   * the error, and gradients pass only through the kept activations.
   */
  topk: {
    summary: "keep the k largest feature activations of each token",
    problem: problemOfK,
    label: ({ k }) => `k ${k}`,
    constants: ({ k }) => ({ k }),
    tensors: {},
    observed: [],
    activation: (g, preActivations, { k }) => g.keepLargest(g.relu(preActivations), k),
    keep: ({ k }) => ({ of: "token", k }),
    loss: (_g, { error }) => error,
    weights: () => ({}),
    facts: () => ({}),
    finish: ({ k }) => ({ name: "topk", k }),
  },

  /**
   * The k * tokens largest activations of a batch (Bussmann et al. 2024, arXiv:2412.06410). In use
   * there is no batch, so the running average of the smallest kept activation becomes the threshold
   * of all features (SAELens's `batchtopk`, which is saved as `jumprelu`).
   */
  batchtopk: {
    summary: "keep the k largest feature activations per token on average over a batch",
    problem: problemOfK,
    label: ({ k }) => `batch k ${k}`,
    constants: ({ k }) => ({ k }),
    tensors: {},
    observed: ["threshold"],
    activation: (g, preActivations, { k }, _tensor, observe) => {
      const activations = g.relu(preActivations);
      const tokens = g.slice(g.shape(activations), 0, 0, 1);
      const smallest = g.kthLargest(activations, g.mul(tokens, g.constantInts([k])));
      observe("threshold", smallest);
      return g.mul(activations, g.cast(g.not(g.less(activations, smallest)), "float32"));
    },
    keep: ({ k }) => ({ of: "batch", k }),
    loss: (_g, { error }) => error,
    weights: () => ({}),
    facts: ({ k }) => ({ trainedK: k }),
    finish: (_settings, { dSae, average }) => ({
      name: "jumprelu",
      threshold: new Float32Array(dSae).fill(average("threshold")),
    }),
  },

  /**
   * Activations above a trained threshold per feature, with the number of active features in the
   * loss (Rajamanoharan et al. 2024, arXiv:2407.14435). As in SAELens, the thresholds themselves
   * are trained, not their logarithms, since a step of Adam is limited by the learning rate.
   */
  jumprelu: {
    summary: "keep feature activations above a learned threshold, sparse by an L0 penalty",
    problem: () => undefined,
    label: ({ l0Coef }) => `l0 ${l0Coef}`,
    constants: () => ({}),
    tensors: { threshold: FIRST_THRESHOLD },
    observed: [],
    activation: (g, preActivations, _settings, tensor) => {
      const { above, edge, threshold } = jump(g, preActivations, tensor("threshold"));
      return g.add(g.mul(g.relu(preActivations), above), g.mul(edge, threshold));
    },
    // Thresholds learn from pre-activations on both sides of them.
    keep: () => undefined,
    loss: (g, { error, preActivations }, weight, tensor) => {
      const { above, edge } = jump(g, preActivations, tensor("threshold"));
      return g.add(error, g.mul(weight("l0Weight"), g.reduceSum(g.add(above, edge))));
    },
    weights: ({ l0Coef }, tokens) => ({ l0Weight: l0Coef / tokens }),
    facts: ({ l0Coef }) => ({ l0Coef }),
    finish: async (_settings, { tensor }) => ({
      name: "jumprelu",
      threshold: (await tensor("threshold")).map((value) => Math.max(0, value)),
    }),
  },
};

/** In the order of the table. */
export const trainingKindNames = Object.keys(table) as readonly TrainingKindName[];

/**
 * How dictionaries with these settings are trained. The row's functions accept only settings of
 * that kind; the type cannot express this for an unknown kind.
 * @throws RewardscopeError INVALID_INPUT when no kind has the name
 */
export function trainingOf({ name }: { readonly name: TrainingKindName }): TrainingKindRow {
  if (Object.hasOwn(table, name)) return table[name];
  throw new RewardscopeError(
    "INVALID_INPUT",
    `kind of dictionary: expected one of ${trainingKindNames.join(", ")}, received ${name}`,
  );
}

/** The settings in results.json, without the name, which is in run.json. */
export function recordOf({ name: _, ...settings }: KindSettings) {
  return settings;
}
