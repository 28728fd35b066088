/** The autoencoder as graphs (paper, section 4.2 and Appendix D): training with loss and gradients, encoding, decoding. */
import { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import { parameterInputs } from "../model/architecture.js";
import { outputGradients } from "../model/training-graph.js";
import type { TensorLayout } from "../runtime/protocol.js";

/** Sizes of one autoencoder; `name` tells it from others on the same activations. */
export interface AutoencoderShape {
  readonly name: string;
  readonly dIn: number;
  readonly dSae: number;
}

/** Parameters of one autoencoder as they are trained: one feature per row, rows of any norm. */
export function autoencoderLayout({ name, dIn, dSae }: AutoencoderShape, tied: boolean): TensorLayout[] {
  return [
    { name: `${name}.encoder`, dims: [dSae, dIn] },
    { name: `${name}.encoderBias`, dims: [dSae] },
    { name: `${name}.decoderBias`, dims: [dIn] },
    ...(tied ? [] : [{ name: `${name}.decoder`, dims: [dSae, dIn] }]),
  ];
}

/** w [rows, columns] with each row divided by its Euclidean norm. */
function normaliseRows(g: Graph, w: Value): Value {
  return g.div(w, g.sqrt(g.reduceSum(g.square(w), [1], true)));
}

/**
 * One training pass of several autoencoders on the same activations, with gradients for all parameters:
 * f = relu(x E^T + encoderBias), xHat = f D + decoderBias, where E and D are the encoder and decoder with normalised rows
 * (D = E where tied), and the loss is errorWeight * sum of (xHat - x)^2 + l1Weight * sum of f, each over the whole batch.
 * Inputs: x [tokens, dIn] and the two weights, scalars. Outputs per autoencoder, sums over the batch: `NAME.squaredError`,
 * `NAME.l1`, `NAME.l0` (non-zero codes).
 */
export function trainingGraph(shapes: readonly AutoencoderShape[], tied: boolean): Graph {
  const g = new Graph("autoencoder training");
  const x = g.input("x", ["tokens", shapes[0].dIn]);
  const errorWeight = g.input("errorWeight", []);
  const l1Weight = g.input("l1Weight", []);
  const parameter = parameterInputs(
    g,
    shapes.flatMap((shape) => autoencoderLayout(shape, tied)),
  );
  const losses = shapes.map(({ name }) =>
    g.at(name, () => {
      const encoder = normaliseRows(g, parameter(`${name}.encoder`));
      const decoder = tied ? encoder : normaliseRows(g, parameter(`${name}.decoder`));
      const codes = g.relu(g.linear(x, encoder, parameter(`${name}.encoderBias`)));
      const error = g.sub(g.add(g.matMul(codes, decoder), parameter(`${name}.decoderBias`)), x);
      const squaredError = g.reduceSum(g.square(error));
      // The codes are never negative, so their sum is their L1 norm.
      const l1 = g.reduceSum(codes);
      g.output(`${name}.squaredError`, squaredError);
      g.output(`${name}.l1`, l1);
      g.output(`${name}.l0`, g.reduceSum(g.cast(g.greater(codes, g.scalar(0)), "float32")));
      return g.add(g.mul(errorWeight, squaredError), g.mul(l1Weight, l1));
    }),
  );
  outputGradients(
    g,
    losses.reduce((sum, loss) => g.add(sum, loss)),
  );
  return g;
}

/** codes [tokens, dSae] = relu((x - inputBias) wEnc + bEnc), of any sizes. */
export function encodingGraph(): Graph {
  const g = new Graph("autoencoder encoding");
  const x = g.sub(g.input("x", ["tokens", "dIn"]), g.input("inputBias", ["dIn"]));
  g.output("codes", g.relu(g.add(g.matMul(x, g.input("wEnc", ["dIn", "dSae"])), g.input("bEnc", ["dSae"]))));
  return g;
}

/** xHat [tokens, dIn] = codes wDec + bDec, of any sizes. */
export function decodingGraph(): Graph {
  const g = new Graph("autoencoder decoding");
  const decoded = g.matMul(g.input("codes", ["tokens", "dSae"]), g.input("wDec", ["dSae", "dIn"]));
  g.output("xHat", g.add(decoded, g.input("bDec", ["dIn"])));
  return g;
}
