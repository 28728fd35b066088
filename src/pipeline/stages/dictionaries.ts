/** Stage: sparse autoencoders of both models' MLP outputs, and how good they are (paper, section 4.2 and Appendix J). */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { dictionaryKind } from "../../config/dictionary-kind.js";
import { recordOf } from "../../dictionary/training-kinds.js";
import { FormatError } from "../../errors.js";
import { messageOf, renameSynced } from "../../io/atomic.js";
import { readCheckedJson, writeCheckedJson } from "../../io/checked-json.js";
import type { CausalLm } from "../../model/causal-lm.js";
import { OutputChecks } from "../../results/outputs.js";
import type { DictionariesResults, DictionarySize, ModelRole } from "../../results/results.js";
import { measureQuality, saveAutoencoder, streamActivations, trainAutoencoders } from "../../sae/index.js";
import { sum } from "../../stats/moments.js";
import { dictionaryTexts, FEWEST_TOKENS, HELD_OUT_SHARE, trainedTokens } from "../inputs/dictionary-texts.js";
import { lossOptions } from "../inputs/loss-options.js";
import { loadRole, loadRunTokenizer, modelRoles, roleName } from "../inputs/models.js";
import { readingNeeds, textsOfLength } from "../run/requirements.js";
import type { Stage, StageContext } from "../run/stage.js";
import { autoencoderBytes, dictionaryFolder, dictionarySizes } from "./files/dictionary-files.js";

/** Texts for quality, which inserts every autoencoder by itself, with a pass of the model each; this number is enough. */
const QUALITY_TEXTS = 32;

/** Where the autoencoders of all models lie, in the stage's scratch and in the run folder. */
const OUTPUT = "dictionaries";

type ModelDictionaries = Pick<DictionariesResults, "tokenVisits" | "dictionaries" | "curves">;

type Place = Pick<StageContext, "folder" | "scratch" | "log">;

/** Says that a model's autoencoders are trained, with the hashes of their files. */
const finishedFile = ({ scratch }: Pick<Place, "scratch">, role: ModelRole): string => join(scratch, `${role}.json`);

const filesOf = ({ scratch }: Pick<Place, "scratch">, role: ModelRole) =>
  new OutputChecks(scratch).describe([`${OUTPUT}/${role}`], []);

/** What is known of a model whose autoencoders were trained before the run was stopped, if they are whole. */
async function finished(place: Place, role: ModelRole): Promise<ModelDictionaries | undefined> {
  const file = finishedFile(place, role);
  if (!existsSync(file)) return undefined;
  try {
    const { files, outcome } = await readCheckedJson(file);
    if (isDeepStrictEqual(files, await filesOf(place, role))) return outcome as ModelDictionaries;
    throw new FormatError(join(place.scratch, OUTPUT, role), "is not as it was written");
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    place.log(`the autoencoders of the ${role} model are trained again: ${messageOf(error)}`);
    return undefined;
  }
}

async function trainOfModel(
  context: StageContext,
  role: ModelRole,
  model: CausalLm,
  texts: { training: number[][]; heldOut: number[][] },
  onTokens: (tokens: number) => void,
): Promise<ModelDictionaries> {
  const { config, folder, scratch, results, rng, signal, log } = context;
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
    log,
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
  // Should the run be stopped now, this model is not trained again.
  await writeCheckedJson(finishedFile(context, role), { files: await filesOf(context, role), outcome });
  return outcome;
}

export const dictionariesStage: Stage = {
  name: "dictionaries",
  title: "training autoencoders",
  needs: ["tune", "divergence"],
  settings: ({ model, corpus, dictionaries: { matching: _, ...dictionaries } }) => ({ model, corpus, dictionaries }),
  outputs: [OUTPUT],
  work({ corpus, dictionaries }, { chosenLayers, textTokens }) {
    const perEpoch = (1 - HELD_OUT_SHARE) * corpus.texts.dictionaries * textTokens;
    const autoencoders = dictionarySizes.length * chosenLayers;
    return {
      trainTokens: modelRoles.length * trainedTokens(dictionaries, perEpoch),
      // The original model, each layer set to zero, and each autoencoder inserted.
      probTokens: modelRoles.length * QUALITY_TEXTS * textTokens * (1 + chosenLayers + autoencoders),
    };
  },
  requires: (config) => ({
    texts: [textsOfLength("dictionaries", FEWEST_TOKENS)],
    ...readingNeeds(config, "dictionaries"),
    ofModel({ dModel, chosenLayers }) {
      lossOptions(config, dModel);
      const { smallFactor, largeFactor, tied } = config.dictionaries;
      const bytes = (matrices: number) =>
        sum([smallFactor, largeFactor].map((factor) => chosenLayers * autoencoderBytes(dModel, factor, matrices)));
      const kept = modelRoles.length * bytes(2);
      // Parameters and two moments: the base model's last checkpoint, and the tuned one's old and new.
      return { disk: { kept, most: kept + 3 * 3 * bytes(tied ? 1 : 2) } };
    },
  }),
  async run(context) {
    const { config, folder, scratch, progress, signal, log, writeResults } = context;
    const tokenizer = await loadRunTokenizer(config, folder);
    // Tuning says what is left out of the corpus, where it is not left out itself.
    const told = config.model.tuned === undefined ? undefined : log;
    const texts = await dictionaryTexts(config, tokenizer, signal, told);
    const perEpoch = texts.training.reduce((sum, text) => sum + text.length, 0);
    const expected = trainedTokens(config.dictionaries, perEpoch);
    // Moved into place already, by a process that was killed before the stage was done.
    if (existsSync(join(folder, OUTPUT)) && !existsSync(join(scratch, OUTPUT)))
      await renameSynced(join(folder, OUTPUT), join(scratch, OUTPUT));
    const outcomes: ModelDictionaries[] = [];
    progress.start(modelRoles.length * expected, "tokens");
    for (const [index, role] of modelRoles.entries()) {
      const done = await finished(context, role);
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
