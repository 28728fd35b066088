/**
 * The kinds of trained dictionaries as one total table. A new kind is a member of the unions in
 * `kind.ts`, a row here, and a row of `training-kinds.ts` for each way to train it.
 */
import { RewardscopeError } from "../errors.js";
import type { DictionaryKind, KindName, KindProblem, KindRow, KindTable } from "./kind.js";

/** SAELens's default of k. */
const SAELENS_K = 100;

/** The problem of a number of kept features. */
export function problemOfK({ k }: { readonly k: number }, dSae: number): KindProblem | undefined {
  if (Number.isInteger(k) && k >= 1 && k <= dSae) return undefined;
  return { parameter: "k", expected: `a whole number from 1 to ${dSae}`, received: String(k) };
}

const table: KindTable = {
  /** f = relu(pre-activation) (paper, Appendix D). */
  relu: {
    problem: () => undefined,
    separable: true,
    activation: (g, preActivations) => g.relu(preActivations),
    feeds: () => ({}),
    // relu is homogeneous: the same features are active.
    rescaled: (kind) => kind,
    saelens: {
      architecture: "standard",
      write: () => ({ fields: {}, tensors: {} }),
      // relu is homogeneous: activations multiplied by the feature's norm, and the feature divided
      // by it, give the same reconstruction.
      read: () => ({ name: "relu" }),
    },
  },

  /** f = TopK(relu(pre-activation)): the k largest activations of a token, the others are 0. */
  topk: {
    problem: problemOfK,
    // The k largest are determined among all features.
    separable: false,
    activation: (g, preActivations, input) => g.keepLargest(g.relu(preActivations), input("k", [1], "int64")),
    feeds: ({ k }) => ({ k: { dims: [1], data: BigInt64Array.of(BigInt(k)) } }),
    rescaled: () => undefined,
    saelens: {
      architecture: "topk",
      // Rows of W_dec have norm 1, so rescaling would change nothing.
      write: ({ k }) => ({ fields: { k, rescale_acts_by_decoder_norm: false }, tensors: {} }),
      read: (cfg, norms) => {
        if (norms && !cfg.flag("rescale_acts_by_decoder_norm", false))
          throw cfg.wrong(
            "rescale_acts_by_decoder_norm",
            "expected true, received false",
            "Rows of W_dec do not have norm 1; scaling them to 1 would change which activations are the k largest.",
          );
        return { name: "topk", k: cfg.count("k", SAELENS_K) };
      },
    },
  },

  /**
   * f = relu(pre-activation) where the pre-activation is above the feature's threshold, else 0
   * (Rajamanoharan et al. 2024, arXiv:2407.14435).
   */
  jumprelu: {
    problem: ({ threshold }, dSae) =>
      threshold.length === dSae
        ? undefined
        : { parameter: "threshold", expected: `${dSae} values`, received: String(threshold.length) },
    separable: true,
    activation: (g, preActivations, input) => {
      const threshold = input("threshold", [preActivations.dims[preActivations.dims.length - 1]]);
      return g.mul(g.relu(preActivations), g.cast(g.greater(preActivations, threshold), "float32"));
    },
    feeds: ({ threshold }, features) => {
      const data = features ? Float32Array.from(features, (feature) => threshold[feature]) : threshold;
      return { threshold: { dims: [data.length], data } };
    },
    rescaled: ({ threshold }, factors) => ({
      name: "jumprelu",
      threshold: threshold.map((value, feature) => value * factors[feature]),
    }),
    saelens: {
      architecture: "jumprelu",
      write: ({ threshold }) => ({ fields: {}, tensors: { threshold } }),
      read: async (_cfg, norms, tensor) => {
        const threshold = await tensor("threshold");
        return { name: "jumprelu", threshold: norms ? threshold.map((value, i) => value * norms[i]) : threshold };
      },
    },
  },
};

/** In the order of the table. */
export const kindNames = Object.keys(table) as readonly KindName[];

/**
 * The row of a kind. Its functions accept only data of that kind; the type cannot express this for
 * an unknown kind.
 * @throws RewardscopeError INVALID_INPUT when no kind has the name
 */
export function rowOf({ name }: { readonly name: KindName }): KindRow {
  if (Object.hasOwn(table, name)) return table[name];
  throw new RewardscopeError(
    "INVALID_INPUT",
    `kind of dictionary: expected one of ${kindNames.join(", ")}, received ${name}`,
  );
}

/** The kind for a `k` that is given instead of a kind. */
export function kindByK(k: number | undefined): Extract<DictionaryKind, { name: "topk" }> | undefined {
  return k === undefined ? undefined : { name: "topk", k };
}
