/**
 * Stage: sparse autoencoders of both models' MLP outputs, and their quality (paper, section 4.2 and
 * Appendix J).
 */
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
import type { DictionariesResults, DictionarySize, ModelRole, SharedQuality } from "../../results/results.js";
import { activationBytes } from "../../sae/activation-file.js";
import { type AutoencoderStep, measureQuality, saveAutoencoder, trainAutoencoders } from "../../sae/index.js";
import { mean, sum } from "../../stats/moments.js";
import { logRepeats, type OnRepeats } from "../inputs/corpus-parts.js";
import { dictionarySettings, dictionaryStream } from "../inputs/dictionary-stream.js";
import {
  dictionaryTexts,
  FEWEST_TOKENS,
  HELD_OUT_SHARE,
  QUALITY_TEXTS,
  trainedTokens,
} from "../inputs/dictionary-texts.js";
import { givenInputs } from "../inputs/given-dictionaries.js";
import { KeptActivations, keepsActivations } from "../inputs/kept-activations.js";
import { lossOptions } from "../inputs/loss-options.js";
import { loadRole, loadRunTokenizer, modelRoles, roleName } from "../inputs/models.js";
import { readingNeeds, textsOfLength } from "../run/requirements.js";
import type { Stage, StageContext } from "../run/stage.js";
import {
  autoencoderBytes,
  dictionaryFolder,
  dictionarySizes,
  sharedDictionaryFolder,
} from "./files/dictionary-files.js";
import { takeDictionaries } from "./take-dictionaries.js";
import { trackLosses } from "./track-losses.js";

/** The folder of all autoencoders, in the stage's scratch and in the run folder. */
const OUTPUT = "dictionaries";

/** The name of the autoencoders that both models share. */
const SHARED = "shared";

type ModelDictionaries = Pick<DictionariesResults, "tokenVisits" | "dictionaries" | "curves">;

type Place = Pick<StageContext, "folder" | "scratch" | "log">;

/** The autoencoders that are trained together: those of one model, or the shared ones. */
type Group = ModelRole | typeof SHARED;

type OnStep = (step: AutoencoderStep) => void;

/** Means over the autoencoders that are trained together. */
const measuresOf = (losses: AutoencoderStep["losses"]): Record<string, number> => ({
  "mean squared error": mean(losses.map(({ mse }) => mse)),
  "active features per token (L0)": mean(losses.map(({ l0 }) => l0)),
});

/** Marks a group as trained, with the hashes of its files. */
const finishedFile = ({ scratch }: Pick<Place, "scratch">, group: Group): string => join(scratch, `${group}.json`);

const filesOf = ({ scratch }: Pick<Place, "scratch">, group: Group) =>
  new OutputChecks(scratch).describe([`${OUTPUT}/${group}`], []);

/** The outcome of a group that was trained before the run was stopped; undefined if damaged. */
async function finished(place: Place, group: Group): Promise<unknown> {
  const file = finishedFile(place, group);
  if (!existsSync(file)) return undefined;
  try {
    const { files, outcome } = await readCheckedJson(file);
    if (isDeepStrictEqual(files, await filesOf(place, group))) return outcome;
    throw new FormatError(join(place.scratch, OUTPUT, group), "is not as it was written");
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const whose = group === SHARED ? "that both models share" : `of the ${group} model`;
    place.log(`the autoencoders ${whose} are trained again: ${messageOf(error)}`);
    return undefined;
  }
}

/** Trains the shared autoencoders of every layer, on both models together. */
async function trainShared(
  context: StageContext,
  models: Readonly<Record<ModelRole, CausalLm>>,
  texts: { training: number[][]; heldOut: number[][] },
  kept: KeptActivations,
  onStep: OnStep,
): Promise<SharedQuality[]> {
  const { config, scratch, results, rng, signal, log } = context;
  const { maxTokens, epochs, tokenVisits, sharedFactor } = config.dictionaries;
  const layers = results.divergence!.chosen;
  const { dModel, modelType } = models.base.config;
  const dSae = Math.round(dModel * sharedFactor);
  const specs = layers.map((layer) => ({ layer, name: SHARED, dIn: dModel, dSae }));
  const files = [await kept.of("base", dModel, texts.training), await kept.of("tuned", dModel, texts.training)];
  const reading = { layers, epochs, rng, files, signal };
  const stream = dictionaryStream(config, [models.base, models.tuned], texts.training, reading);
  const { trained } = await trainAutoencoders(stream, specs, {
    ...lossOptions(config, dModel),
    ...{ tokenVisits, signal, log, seed: config.seed },
    folder: join(scratch, SHARED),
    origin: { modelName: "base and tuned model", modelType, contextSize: maxTokens },
    onStep: trackLosses(context, `dictionaries-${SHARED}`, specs, onStep),
  });
  for (const { spec, autoencoder } of trained)
    await saveAutoencoder(autoencoder, sharedDictionaryFolder(scratch, spec.layer));
  const autoencoders = trained.map(({ autoencoder }) => autoencoder);
  const measured: SharedQuality[] = [];
  for (const role of modelRoles) {
    const heldOut = texts.heldOut.slice(0, QUALITY_TEXTS);
    const quality = await measureQuality(models[role], autoencoders, heldOut, { maxTokens, signal });
    measured.push(...quality.map((figures) => ({ model: role, ...figures })));
  }
  await writeCheckedJson(finishedFile(context, SHARED), { files: await filesOf(context, SHARED), outcome: measured });
  return measured;
}

async function trainOfModel(
  context: StageContext,
  role: ModelRole,
  model: CausalLm,
  texts: { training: number[][]; heldOut: number[][] },
  kept: KeptActivations,
  onStep: OnStep,
): Promise<ModelDictionaries> {
  const { config, folder, scratch, results, rng, signal, log } = context;
  const { smallFactor, largeFactor, maxTokens, epochs, tokenVisits } = config.dictionaries;
  const layers = results.divergence!.chosen;
  const dIn = model.config.dModel;
  const factors: Record<DictionarySize, number> = { small: smallFactor, large: largeFactor };
  const specs = layers.flatMap((layer) =>
    dictionarySizes.map((name) => ({ layer, name, dIn, dSae: Math.round(dIn * factors[name]) })),
  );
  // Initial weights, texts and order are the same for both models, so only the model differs.
  const files = [await kept.of(role, dIn, texts.training)];
  const stream = dictionaryStream(config, [model], texts.training, { layers, epochs, rng, files, signal });
  const { trained, tokens } = await trainAutoencoders(stream, specs, {
    ...lossOptions(config, dIn),
    tokenVisits,
    seed: config.seed,
    folder: join(scratch, role),
    origin: { modelName: roleName(config, folder, role), modelType: model.config.modelType, contextSize: maxTokens },
    signal,
    log,
    onStep: trackLosses(context, `dictionaries-${role}`, specs, onStep),
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
  // From here on, a continued run does not train this model again.
  await writeCheckedJson(finishedFile(context, role), { files: await filesOf(context, role), outcome });
  return outcome;
}

async function withBothModels<T>(
  { config, folder }: StageContext,
  work: (models: Readonly<Record<ModelRole, CausalLm>>) => Promise<T>,
): Promise<T> {
  const models = { base: await loadRole(config, folder, "base"), tuned: await loadRole(config, folder, "tuned") };
  const result = await work(models);
  await Promise.all([models.base.dispose(), models.tuned.dispose()]);
  return result;
}

export const dictionariesStage: Stage = {
  name: "dictionaries",
  title: "training autoencoders",
  needs: ["tune", "divergence"],
  settings: ({ model, corpus, dictionaries: { matching: _, ...dictionaries } }) => ({
    ...{ model, corpus },
    dictionaries: dictionarySettings(dictionaries),
  }),
  outputs: [OUTPUT],
  work(config, { chosenLayers, dModel, textTokens }) {
    const { corpus, dictionaries } = config;
    const perEpoch = (1 - HELD_OUT_SHARE) * corpus.texts.dictionaries * textTokens;
    const { shared, sharedFactor, smallFactor, largeFactor, from } = dictionaries;
    const each = from ? 0 : trainedTokens(dictionaries, perEpoch);
    const visits = modelRoles.length * each;
    // The original model, each layer set to zero, and each autoencoder inserted.
    const passes = 1 + (1 + dictionarySizes.length) * chosenLayers;
    const sharedPasses = shared ? 1 + 2 * chosenLayers : 0;
    const sharedVisits = shared && !from ? trainedTokens(dictionaries, modelRoles.length * perEpoch) : 0;
    const kept = keepsActivations(config, perEpoch, chosenLayers, dModel);
    return {
      // What is kept is read once.
      activationTokens: kept ? modelRoles.length * Math.min(perEpoch, each) : visits + sharedVisits,
      // In proportion to the features of a small and a large one.
      trainTokens: visits + (sharedVisits * sharedFactor) / (smallFactor + largeFactor),
      probTokens: modelRoles.length * QUALITY_TEXTS * textTokens * (passes + sharedPasses),
    };
  },
  requires: (config) => ({
    texts: [textsOfLength("dictionaries", FEWEST_TOKENS)],
    ...readingNeeds(config, "dictionaries"),
    own: givenInputs(config),
    ofModel({ dModel, chosenLayers }) {
      if (config.dictionaries.from) return {};
      lossOptions(config, dModel);
      const { smallFactor, largeFactor, tied, shared, sharedFactor } = config.dictionaries;
      const bytes = (factors: readonly number[], matrices: number) =>
        sum(factors.map((factor) => chosenLayers * autoencoderBytes(dModel, factor, matrices)));
      const pair = [smallFactor, largeFactor];
      const common = shared ? [sharedFactor] : [];
      const kept = modelRoles.length * bytes(pair, 2) + bytes(common, 2);
      const trained = tied ? 1 : 2;
      const { activationGib, maxTokens } = config.dictionaries;
      const read = activationBytes(config.corpus.texts.dictionaries * maxTokens, chosenLayers, dModel);
      const activations = Math.min(activationGib * 2 ** 30, modelRoles.length * read);
      // Parameters and two moments: the base model's last checkpoint, the tuned model's old and new
      // ones, and the shared ones'.
      return { disk: { kept, most: kept + activations + 3 * (3 * bytes(pair, trained) + 2 * bytes(common, trained)) } };
    },
  }),
  async run(context) {
    if (context.config.dictionaries.from) return takeDictionaries(context);
    const kept = new KeptActivations(context);
    try {
      await trainAll(context, kept);
    } finally {
      await kept.close();
    }
  },
};

/** Both models' autoencoders, then those that they share. */
async function trainAll(context: StageContext, kept: KeptActivations): Promise<void> {
  const { config, folder, scratch, progress, signal, log, writeResults } = context;
  const tokenizer = await loadRunTokenizer(config, folder);
  // Tuning counts the repeated rows; with a given tuned model, this stage does.
  let repeatedRows: number | undefined;
  const onRepeats: OnRepeats = (rows) => {
    if (config.model.tuned === undefined) return;
    repeatedRows = rows;
    logRepeats(rows, log);
  };
  const texts = await dictionaryTexts(config, tokenizer, signal, onRepeats);
  const perEpoch = texts.training.reduce((sum, text) => sum + text.length, 0);
  const { shared } = config.dictionaries;
  const expected = trainedTokens(config.dictionaries, perEpoch);
  const expectedShared = shared ? trainedTokens(config.dictionaries, modelRoles.length * perEpoch) : 0;
  // A process that was killed before the stage was done may have moved the output already.
  if (existsSync(join(folder, OUTPUT)) && !existsSync(join(scratch, OUTPUT)))
    await renameSynced(join(folder, OUTPUT), join(scratch, OUTPUT));
  const outcomes: ModelDictionaries[] = [];
  progress.start(modelRoles.length * expected + expectedShared, "tokens");
  for (const [index, role] of modelRoles.entries()) {
    const done = await finished(context, role);
    if (done) {
      outcomes.push(done as ModelDictionaries);
      continue;
    }
    const model = await loadRole(config, folder, role);
    outcomes.push(
      await trainOfModel(context, role, model, texts, kept, ({ tokens, losses }) =>
        progress.update(Math.min((index + 1) * expected, index * expected + tokens), undefined, measuresOf(losses)),
      ),
    );
    await model.dispose();
    if (!shared) await kept.drop(role);
  }
  const before = modelRoles.length * expected;
  const sharedQuality = shared
    ? (((await finished(context, SHARED)) as SharedQuality[] | undefined) ??
      (await withBothModels(context, (models) =>
        trainShared(context, models, texts, kept, ({ tokens, losses }) =>
          progress.update(before + Math.min(expectedShared, tokens), undefined, measuresOf(losses)),
        ),
      )))
    : undefined;
  for (const role of modelRoles) await kept.drop(role);
  progress.end();
  await writeResults("dictionaries", {
    ...(repeatedRows !== undefined && { repeatedRows }),
    tokenVisits: outcomes[0].tokenVisits,
    ...recordOf(dictionaryKind(config.dictionaries)),
    dictionaries: outcomes.flatMap(({ dictionaries }) => dictionaries),
    ...(sharedQuality && { shared: sharedQuality }),
    curves: outcomes.flatMap(({ curves }) => curves),
  });
}
