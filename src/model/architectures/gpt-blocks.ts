/**
 * Shared by GPT-2 and GPT-Neo: names, learned positions, and blocks with one norm before attention
 * and one before the MLP.
 */
import type { Graph } from "../../graph/builder.js";
import type { Value } from "../../graph/value.js";
import type { ParameterLookup } from "../../runtime/parameter-inputs.js";
import type { PassInputs } from "./architecture.js";
import type { DecoderConfig, DecoderNames, DecoderPieces } from "./decoder.js";
import { matrixLayout, type ParameterLayout } from "./layers.js";
import { layerNorm, layerNormLayout } from "./norms.js";

export const gptNames: DecoderNames = {
  embedding: "transformer.wte",
  unembedding: "lm_head",
  finalNorm: "transformer.ln_f",
  blocks: "transformer.h",
};
const POSITIONS = "transformer.wpe";

/** The parameters of the model. @param ofBlock attention and MLP of the block named `at` */
export function gptLayout(
  { nLayers, dModel, vocabSize, maxPositions, tieWordEmbeddings }: DecoderConfig,
  ofBlock: (part: string, at: string) => { attention: ParameterLayout[]; mlp: ParameterLayout[] },
): ParameterLayout[] {
  const { embedding, unembedding, finalNorm, blocks } = gptNames;
  const layers = Array.from({ length: nLayers }, (_, layer) => {
    const [part, at] = [`block ${layer}`, `${blocks}.${layer}`];
    const { attention, mlp } = ofBlock(part, at);
    return [
      ...layerNormLayout(part, `${at}.ln_1`, dModel),
      ...attention,
      ...layerNormLayout(part, `${at}.ln_2`, dModel),
      ...mlp,
    ];
  }).flat();
  return [
    ...matrixLayout("embeddings", embedding, vocabSize, dModel),
    ...matrixLayout("embeddings", POSITIONS, maxPositions, dModel),
    ...layers,
    ...layerNormLayout("final norm", finalNorm, dModel),
    ...(tieWordEmbeddings ? [] : matrixLayout("unembedding", unembedding, vocabSize, dModel)),
  ];
}

/**
 * The pieces of a pass.
 * @param own attention and MLP of a normed input [batch, length, dModel]; `name` is the module's
 */
export function gptPieces(
  g: Graph,
  { layerNormEps }: { layerNormEps: number },
  parameter: ParameterLookup,
  inputs: PassInputs,
  own: { attention(x: Value, layer: number, name: string): Value; mlp(x: Value, name: string): Value },
): DecoderPieces {
  const { embedding, finalNorm, blocks } = gptNames;
  const normed = (x: Value, name: string): Value => layerNorm(g, parameter, x, name, layerNormEps);
  const embed = (name: string, indices: Value): Value =>
    g.at(name, () => g.gather(parameter(`${name}.weight`), indices));
  return {
    embed: () => g.add(embed(embedding, inputs.ids), embed(POSITIONS, inputs.positions)),
    attention: (stream, layer) => {
      const at = `${blocks}.${layer}`;
      return g.at(`${at}.attn`, () => own.attention(normed(stream, `${at}.ln_1`), layer, `${at}.attn`));
    },
    mlp: (stream, layer) => {
      const at = `${blocks}.${layer}`;
      return g.at(`${at}.mlp`, () => own.mlp(normed(stream, `${at}.ln_2`), `${at}.mlp`));
    },
    parallelResidual: false,
    finalNorm: (stream) => normed(stream, finalNorm),
  };
}
