/** The autoencoder as graphs (paper, section 4.2 and Appendix D): training with loss and gradients, encoding, decoding. */
import { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import { outputGradients } from "../runtime/gradient-outputs.js";
import { parameterInputs } from "../runtime/parameter-inputs.js";
import type { TensorLayout } from "../runtime/protocol.js";

/** What the graph of one autoencoder depends on; `name` tells it from others on the same activations. */
export interface AutoencoderShape {
  readonly name: string;
  readonly dIn: number;
  readonly dSae: number;
  /** Encoder = decoder transposed. */
  readonly tied: boolean;
  /** Codes of a token that are kept, the largest ones, 1..dSae. Default: all that are positive. */
  readonly k?: number;
}

/** Parameters of one autoencoder as they are trained: one feature per row, rows of any norm. */
export function autoencoderLayout({ name, dIn, dSae, tied }: AutoencoderShape): TensorLayout[] {
  return [
    { name: `${name}.encoder`, dims: [dSae, dIn] },
    { name: `${name}.encoderBias`, dims: [dSae] },
    { name: `${name}.decoderBias`, dims: [dIn] },
    ...(tied ? [] : [{ name: `${name}.decoder`, dims: [dSae, dIn] }]),
  ];
}

/** The input that holds the weight of one autoencoder's L1 norm. */
export function l1WeightOf(name: string): string {
  return `${name}.l1Weight`;
}

/** w [rows, columns] with each row divided by its Euclidean norm. */
function normaliseRows(g: Graph, w: Value): Value {
  return g.div(w, g.sqrt(g.reduceSum(g.square(w), [1], true)));
}

/**
 * One training pass of several autoencoders on the same activations, with gradients for all parameters:
 * f = relu(x E^T + encoderBias), xHat = f D + decoderBias, where E and D are the encoder and decoder with normalised rows
 * (D = E where tied), and the loss is errorWeight * sum of (xHat - x)^2 + l1Weight * sum of f, each over the whole batch.
 * With k, f = TopK(relu(x E^T + encoderBias)), the term of f is left out of the loss, and gradients pass through kept codes alone
 * (Gao et al. 2024, without their auxiliary loss).
 * Inputs: x [tokens, dIn], errorWeight, and `NAME.l1Weight` of each autoencoder without k, scalars. Outputs per autoencoder, sums
 * over the batch: `NAME.squaredError`, `NAME.l1`, `NAME.l0` (non-zero codes).
 */
export function trainingGraph(shapes: readonly AutoencoderShape[]): Graph {
  const g = new Graph("autoencoder training");
  const x = g.input("x", ["tokens", shapes[0].dIn]);
  const errorWeight = g.input("errorWeight", []);
  const parameter = parameterInputs(g, shapes.flatMap(autoencoderLayout));
  const losses = shapes.map(({ name, tied, k }) =>
    g.at(name, () => {
      const encoder = normaliseRows(g, parameter(`${name}.encoder`));
      const decoder = tied ? encoder : normaliseRows(g, parameter(`${name}.decoder`));
      const active = g.relu(g.linear(x, encoder, parameter(`${name}.encoderBias`)));
      const codes = k === undefined ? active : g.keepLargest(active, k);
      const error = g.sub(g.add(g.matMul(codes, decoder), parameter(`${name}.decoderBias`)), x);
      const squaredError = g.reduceSum(g.square(error));
      // The codes are never negative, so their sum is their L1 norm.
      const l1 = g.reduceSum(codes);
      g.output(`${name}.squaredError`, squaredError);
      g.output(`${name}.l1`, l1);
      g.output(`${name}.l0`, g.reduceSum(g.cast(g.greater(codes, g.scalar(0)), "float32")));
      const weighted = g.mul(errorWeight, squaredError);
      return k === undefined ? g.add(weighted, g.mul(g.input(l1WeightOf(name), []), l1)) : weighted;
    }),
  );
  outputGradients(
    g,
    losses.reduce((sum, loss) => g.add(sum, loss)),
  );
  return g;
}

/** codes [tokens, dSae] = relu((x - inputBias) wEnc + bEnc), of any sizes; the k largest of each token alone where `topK`. */
export function encodingGraph(topK: boolean): Graph {
  const g = new Graph("autoencoder encoding");
  const x = g.sub(g.input("x", ["tokens", "dIn"]), g.input("inputBias", ["dIn"]));
  const active = g.relu(g.add(g.matMul(x, g.input("wEnc", ["dIn", "dSae"])), g.input("bEnc", ["dSae"])));
  g.output("codes", topK ? g.keepLargest(active, g.input("k", [1], "int64")) : active);
  return g;
}

/** xHat [tokens, dIn] = codes wDec + bDec, of any sizes. */
export function decodingGraph(): Graph {
  const g = new Graph("autoencoder decoding");
  const decoded = g.matMul(g.input("codes", ["tokens", "dSae"]), g.input("wDec", ["dSae", "dIn"]));
  g.output("xHat", g.add(decoded, g.input("bDec", ["dIn"])));
  return g;
}
