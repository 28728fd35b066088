/** Stage: sparse autoencoders of both models' MLP outputs, and their quality (paper, section 4.2 and Appendix J). */
import { join } from "node:path";
import { dictionaryKind } from "../../config/dictionary-kind.js";
import { recordOf } from "../../dictionary/kinds.js";
import { readJson, writeJson } from "../../io/atomic.js";
import type { CausalLm } from "../../model/causal-lm.js";
import type { DictionariesResults, DictionarySize, ModelRole } from "../../results/results.js";
import { measureQuality, saveAutoencoder, streamActivations, trainAutoencoders } from "../../sae/index.js";
import { dictionaryTexts, HELD_OUT_SHARE, trainedTokens } from "../inputs/dictionary-texts.js";
import { lossOptions } from "../inputs/loss-options.js";
import { loadRole, loadRunTokenizer, modelRoles, roleName } from "../inputs/models.js";
import type { Stage, StageContext } from "../run/stage.js";
import { dictionaryFolder, dictionarySizes } from "./files/dictionary-files.js";

/** Texts for quality, which inserts every autoencoder by itself, with a pass of the model each; this number is enough. */
const QUALITY_TEXTS = 32;

const finishedFile = (scratch: string, role: ModelRole): string => join(scratch, `${role}.json`);

type ModelDictionaries = Pick<DictionariesResults, "tokenVisits" | "dictionaries" | "curves">;

async function trainOfModel(
  context: StageContext,
  role: ModelRole,
  model: CausalLm,
  texts: { training: number[][]; heldOut: number[][] },
  onTokens: (tokens: number) => void,
): Promise<ModelDictionaries> {
  const { config, folder, scratch, results, rng, signal } = context;
  const { smallFactor, largeFactor, batchTexts, maxTokens, epochs, tokenVisits } = config.dictionaries;
  const layers = results.divergence!.chosen;
  const dIn = model.config.dModel;
  const factors: Record<DictionarySize, number> = { small: smallFactor, large: largeFactor };
  const specs = layers.flatMap((layer) =>
    dictionarySizes.map((name) => ({ layer, name, dIn, dSae: Math.round(dIn * factors[name]) })),
  );
  // Both models' dictionaries have the same initial weights, texts and order, so only the model differs.
  const stream = streamActivations(model, texts.training, {
    layers,
    batchTexts,
    maxTokens,
    epochs,
    rng: rng("order"),
    signal,
  });
  const { trained, tokens } = await trainAutoencoders(stream, specs, {
    ...lossOptions(config, dIn),
    tokenVisits,
    seed: config.seed,
    folder: join(scratch, role),
    origin: { modelName: roleName(config, folder, role), modelType: model.config.modelType, contextSize: maxTokens },
    signal,
    onStep: (step) => onTokens(step.tokens),
  });
  for (const { spec, autoencoder } of trained)
    await saveAutoencoder(autoencoder, dictionaryFolder(scratch, role, spec.layer, spec.name as DictionarySize));
  const autoencoders = trained.map(({ autoencoder }) => autoencoder);
  const quality = await measureQuality(model, autoencoders, texts.heldOut.slice(0, QUALITY_TEXTS), {
    maxTokens,
    signal,
  });
  const outcome: ModelDictionaries = {
    tokenVisits: tokens,
    dictionaries: quality.map((figures, i) => ({ model: role, size: specs[i].name as DictionarySize, ...figures })),
    curves: trained.map(({ curve }, i) => ({
      model: role,
      layer: specs[i].layer,
      size: specs[i].name as DictionarySize,
      ...curve,
    })),
  };
  // If the run is stopped now, this model's dictionaries are not trained again.
  await writeJson(finishedFile(scratch, role), outcome);
  return outcome;
}

export const dictionariesStage: Stage = {
  name: "dictionaries",
  title: "training autoencoders",
  needs: ["tune", "divergence"],
  settings: ({ model, corpus, dictionaries: { matching: _, ...dictionaries } }) => ({ model, corpus, dictionaries }),
  outputs: ["dictionaries"],
  work({ corpus, dictionaries }, { chosenLayers, textTokens }) {
    const perEpoch = (1 - HELD_OUT_SHARE) * corpus.texts.dictionaries * textTokens;
    const autoencoders = dictionarySizes.length * chosenLayers;
    return {
      trainTokens: modelRoles.length * trainedTokens(dictionaries, perEpoch),
      // The original model, each layer set to zero, and each autoencoder inserted.
      probTokens: modelRoles.length * QUALITY_TEXTS * textTokens * (1 + chosenLayers + autoencoders),
    };
  },
  async run(context) {
    const { config, folder, scratch, progress, signal, writeResults } = context;
    const tokenizer = await loadRunTokenizer(config, folder);
    const texts = await dictionaryTexts(config, tokenizer, signal);
    const perEpoch = texts.training.reduce((sum, text) => sum + text.length, 0);
    const expected = trainedTokens(config.dictionaries, perEpoch);
    const outcomes: ModelDictionaries[] = [];
    progress.start(modelRoles.length * expected, "tokens");
    for (const [index, role] of modelRoles.entries()) {
      const done = (await readJson(finishedFile(scratch, role)).catch(() => undefined)) as
        | ModelDictionaries
        | undefined;
      if (done) {
        outcomes.push(done);
        continue;
      }
      const model = await loadRole(config, folder, role);
      outcomes.push(
        await trainOfModel(context, role, model, texts, (tokens) =>
          progress.update(Math.min((index + 1) * expected, index * expected + tokens)),
        ),
      );
      await model.dispose();
    }
    progress.end();
    await writeResults("dictionaries", {
      tokenVisits: outcomes[0].tokenVisits,
      ...recordOf(dictionaryKind(config.dictionaries)),
      dictionaries: outcomes.flatMap(({ dictionaries }) => dictionaries),
      curves: outcomes.flatMap(({ curves }) => curves),
    });
  },
};
