/**
 * The kinds of dictionaries as one total table. A new kind is a member of the unions in `kind.ts`,
 * and a row here.
 */
import { RewardscopeError } from "../errors.js";
import type { DictionaryKind, KindName, KindProblem, KindRow, KindSettings, KindTable } from "./kind.js";

/** SAELens's default of k. */
const SAELENS_K = 100;

function problemOfK({ k }: { readonly k: number }, dSae: number): KindProblem | undefined {
  if (Number.isInteger(k) && k >= 1 && k <= dSae) return undefined;
  return { parameter: "k", expected: `a whole number from 1 to ${dSae}`, received: String(k) };
}

const table: KindTable = {
  /**
   * f = relu(pre-activation), sparse by the L1 norm of f in the loss (paper, section 4.2 and
   * Appendix D).
   */
  relu: {
    summary: "sparse by an L1 penalty (section 4.2)",
    problem: () => undefined,
    separable: true,
    activation: (g, preActivations) => g.relu(preActivations),
    feeds: () => ({}),
    training: {
      problem: () => undefined,
      label: ({ l1Coef }) => `l1 ${l1Coef}`,
      constants: () => ({}),
      tensors: {},
      activation: (g, preActivations) => g.relu(preActivations),
      loss: (g, { error, l1 }, weight) => g.add(error, g.mul(weight("l1Weight"), l1)),
      weights: ({ l1Coef }, tokens) => ({ l1Weight: l1Coef / tokens }),
      facts: ({ l1Coef }) => ({ l1Coef }),
      finish: () => ({ name: "relu" }),
    },
    saelens: {
      architecture: "standard",
      write: () => ({ fields: {}, tensors: {} }),
      // relu is homogeneous: activations multiplied by the feature's norm, and the feature divided
      // by it, give the same reconstruction.
      read: () => ({ name: "relu" }),
    },
  },

  /**
   * f = TopK(relu(pre-activation)): the k largest activations of a token, the others are 0 (Gao et
   * al. 2024, arXiv:2406.04093, without their auxiliary loss). The loss is only the error, and
   * gradients pass only through the kept activations.
   */
  topk: {
    summary: "keep the k largest feature activations of each token",
    problem: problemOfK,
    // The largest are determined among all features.
    separable: false,
    activation: (g, preActivations, input) => g.keepLargest(g.relu(preActivations), input("k", [1], "int64")),
    feeds: ({ k }) => ({ k: { dims: [1], data: BigInt64Array.of(BigInt(k)) } }),
    training: {
      problem: problemOfK,
      label: ({ k }) => `k ${k}`,
      constants: ({ k }) => ({ k }),
      tensors: {},
      activation: (g, preActivations, { k }) => g.keepLargest(g.relu(preActivations), k),
      loss: (_g, { error }) => error,
      weights: () => ({}),
      facts: () => ({}),
      finish: ({ k }) => ({ name: "topk", k }),
    },
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
};

/** In the order of the table. */
export const kindNames = Object.keys(table) as readonly KindName[];

/**
 * The row of a kind. Its functions accept only settings and data of that kind, which the type
 * cannot express when the kind is not known.
 * @throws RewardscopeError INVALID_INPUT when no kind has the name
 */
export function rowOf({ name }: { readonly name: KindName }): KindRow {
  if (Object.hasOwn(table, name)) return table[name];
  throw new RewardscopeError(
    "INVALID_INPUT",
    `kind of dictionary: expected one of ${kindNames.join(", ")}, received ${name}`,
  );
}

/** The kind of a `k` that is given in place of a kind. */
export function kindByK(k: number | undefined): Extract<DictionaryKind, { name: "topk" }> | undefined {
  return k === undefined ? undefined : { name: "topk", k };
}

/** The settings in results.json: without the name, which run.json has. */
export function recordOf({ name: _, ...settings }: KindSettings) {
  return settings;
}
