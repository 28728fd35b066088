/**
 * Sequence classification by a causal language model, as transformers computes it: the final state of a text's last token that is no
 * padding, times the matrix `score`. Reward models of TRL are such classifiers with one class.
 */
import type { ModelConfig } from "../../language-model.js";
import type { Architecture } from "../architecture.js";
import { ConfigFields } from "../config-fields.js";
import { matrixLayout } from "../layers.js";
import { type ClassifierArchitecture, type ClassifierConfig, parseLabels } from "./classifier.js";

export interface DecoderClassifierConfig<C extends ModelConfig> extends ClassifierConfig {
  readonly decoder: C;
  /** A text's last tokens with this id are not classified. */
  readonly padTokenId: number | null;
}

/** Attention of two texts of this length takes 0.5 GB in a model with 16 heads. */
const MOST_TOKENS = 2048;

const HEAD = "score";

/** @param defaultPad `pad_token_id` of a config.json without the field, as transformers has it */
export function decoderClassifier<C extends ModelConfig>(
  architecture: Architecture<C>,
  className: string,
  defaultPad: number | null = null,
): ClassifierArchitecture<DecoderClassifierConfig<C>> {
  const { modelType } = architecture;
  return {
    modelType,
    className,
    mostTokens: MOST_TOKENS,
    attends: "earlier",
    parseConfig: (json, file) => {
      const decoder = architecture.parseConfig(json, file);
      const fields = new ConfigFields(json, file);
      const padTokenId = json.pad_token_id === undefined ? defaultPad : fields.tokenId("pad_token_id");
      const labels = parseLabels(fields);
      fields.check();
      const { vocabSize, maxPositions } = decoder;
      return { modelType, vocabSize, maxPositions, labels, decoder, padTokenId };
    },
    layout: ({ decoder, labels }) => [
      ...architecture.layout(decoder).filter(({ name }) => architecture.role(name, decoder).module !== "unembedding"),
      ...matrixLayout("classifier", HEAD, labels.length, decoder.dModel),
    ],
    positions: (_config, row) => row.map((_, position) => position),
    pooled: ({ padTokenId }, row) =>
      Math.max(
        0,
        row.findLastIndex((id) => id !== padTokenId),
      ),
    logits: (g, { decoder }, parameter, { ids, positions, mask, pooled }) => {
      const states = architecture.hidden(g, decoder, parameter, { ids, positions, causalMask: mask });
      return g.at("classifier", () => g.linear(g.gather(g.flatten(states), pooled), parameter(`${HEAD}.weight`)));
    },
    extraTensor: (name) => (/^(lm_head|embed_out)\.weight$/.test(name) ? "unembedding" : undefined),
  };
}
