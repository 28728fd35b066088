/** A language model and a tokenizer whose every number one can work out by hand. */
import type {
  ForwardInput,
  ForwardOptions,
  GenerateOptions,
  LanguageModel,
  Tokenizer,
} from "../../src/model/language-model.js";

/** Each entry is one token; text is split greedily from the left, longest token first. */
export function fakeTokenizer(vocabulary: readonly string[]): Tokenizer {
  const byLength = [...vocabulary.keys()].sort((a, b) => vocabulary[b].length - vocabulary[a].length);
  return {
    vocabSize: vocabulary.length,
    eosTokenId: null,
    encode(text) {
      const ids: number[] = [];
      for (let at = 0; at < text.length; at += vocabulary[ids.at(-1)!].length) {
        const id = byLength.find((candidate) => text.startsWith(vocabulary[candidate], at));
        if (id === undefined) throw new Error(`no token for ${JSON.stringify(text.slice(at))}`);
        ids.push(id);
      }
      return ids;
    },
    decode: (ids) => ids.map((id) => vocabulary[id]).join(""),
    tokenText: (id) => vocabulary[id],
    tokenId: (text) => {
      const id = vocabulary.indexOf(text);
      return id < 0 ? undefined : id;
    },
  };
}

export interface FakeModelOptions {
  vocabSize: number;
  dModel: number;
  /** MLP output of a layer at one position, from the tokens up to it. */
  mlpOutput?: (layer: number, tokens: readonly number[]) => readonly number[];
  /** Logits of the next token. */
  nextLogits?: (tokens: readonly number[]) => readonly number[];
  generate?: (prompt: readonly number[], options: GenerateOptions) => number[];
  /** Told of each forward pass. */
  onForward?: (input: ForwardInput, options: ForwardOptions) => void;
}

/** Pads on the left as real models do, with NaN in padding positions, so that whoever reads them is found out. */
export function fakeModel(options: FakeModelOptions): LanguageModel {
  const { vocabSize, dModel, mlpOutput = () => [], nextLogits = () => [], generate, onForward } = options;
  return {
    config: {
      modelType: "fake",
      vocabSize,
      dModel,
      dMlp: dModel,
      nLayers: 12,
      nHeads: 1,
      kvHeads: 1,
      headSize: dModel,
      maxPositions: 1024,
      bosTokenId: null,
      eosTokenIds: [],
    },
    parameterNames: [],
    parameter: () => Promise.reject(new Error("the fake model has no parameters")),
    async forward({ inputIds }, forwardOptions = {}) {
      onForward?.({ inputIds }, forwardOptions);
      const length = Math.max(...inputIds.map((row) => row.length));
      const hooks = Object.fromEntries(
        (forwardOptions.hooks ?? []).map((hook) => {
          const layer = Number(hook.split(".")[1]);
          const data = new Float32Array(inputIds.length * length * dModel).fill(Number.NaN);
          for (const [b, row] of inputIds.entries()) {
            const shared = row.length - (forwardOptions.alternatives ?? 1);
            for (let t = 0; t < row.length; t++) {
              const seen = [...row.slice(0, Math.min(t, shared)), row[t]];
              data.set(mlpOutput(layer, seen), (b * length + length - row.length + t) * dModel);
            }
          }
          return [hook, { dims: [inputIds.length, length, dModel], data }];
        }),
      );
      if (forwardOptions.logits === "none") return { hooks, logits: { dims: [0], data: new Float32Array() } };
      if (forwardOptions.logits !== "last") throw new Error("the fake model knows logits of the last position only");
      const logits = Float32Array.from(inputIds.flatMap((row) => nextLogits(row)));
      return { hooks, logits: { dims: [inputIds.length, 1, vocabSize], data: logits } };
    },
    logProbs: () => Promise.reject(new Error("the fake model has no logProbs")),
    async generate(prompts, generateOptions) {
      if (!generate) throw new Error("the fake model does not generate");
      return prompts.map((prompt) => [...prompt, ...generate(prompt, generateOptions)]);
    },
    dispose: async () => {},
  };
}
