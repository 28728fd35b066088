/**
 * Stage: autoencoders with other settings and layers, compared (paper, Appendix J: Figure 5, Tables
 * 12 and 13).
 */
import { join } from "node:path";
import type { Config } from "../../config/config.js";
import type { MeasuredSetting, StudyComparison } from "../../results/results.js";
import {
  type AutoencoderSpec,
  figuresOf,
  measureTexts,
  type TextReconstruction,
  type TrainingCurve,
  trainAutoencoders,
} from "../../sae/index.js";
import { bootstrapAll } from "../../stats/bootstrap.js";
import { mean } from "../../stats/moments.js";
import { dictionarySettings, dictionaryStream } from "../inputs/dictionary-stream.js";
import { dictionaryTexts, FEWEST_TOKENS, HELD_OUT_SHARE, trainedTokens } from "../inputs/dictionary-texts.js";
import { lossOptions } from "../inputs/loss-options.js";
import { loadRole, loadRunTokenizer } from "../inputs/models.js";
import { readingNeeds, textsOfLength } from "../run/requirements.js";
import type { Stage } from "../run/stage.js";
import type { WorkSizes } from "../run/work.js";
import { autoencoderBytes } from "./files/dictionary-files.js";
import { autoencodersOf, hasStudies, type PlannedSetting, planStudies, trainingName } from "./study-settings.js";

/** Number of held-out texts for measurements; intervals resample them. */
const MEASURED_TEXTS = 128;

/** An autoencoder of the studies with its measurements. */
interface Member {
  spec: AutoencoderSpec;
  curve: TrainingCurve;
  measured: TextReconstruction;
}

/**
 * Number of autoencoders. A guess, since it depends on tuning: the last layers diverge most, as in
 * the paper's models.
 */
function guessedAutoencoders(
  config: Config,
  { nLayers, dModel, chosenLayers }: Pick<WorkSizes, "nLayers" | "dModel" | "chosenLayers">,
): number {
  const layers = Array.from({ length: nLayers }, (_, layer) => ({ layer, divergence: layer, tensors: [] }));
  const plan = planStudies(config, { layers, chosen: layers.slice(-chosenLayers).map(({ layer }) => layer) });
  return autoencodersOf([...plan.sweep, ...plan.tying, ...plan.layerChoice], dModel, dModel).length;
}

/** The mean over all steps of training. */
function meanOver({ step, ...losses }: TrainingCurve, loss: "mse" | "l0"): number {
  const sum = losses[loss].reduce((total, value, i) => total + value * (step[i] - (step[i - 1] ?? 0)), 0);
  return sum / step[step.length - 1];
}

export const studiesStage: Stage = {
  name: "studies",
  title: "studies of autoencoders",
  needs: ["tune", "divergence"],
  applies: hasStudies,
  settings: ({ model, corpus, layers, dictionaries, studies, statistics }) => {
    const { largeFactor, epochs, tokenVisits, matching, ...counting } = dictionaries;
    const { shared: _, sharedFactor: __, refit: ___, activationGib: ____, ...trained } = counting;
    const { learningRate, reconstruction, batchTexts, maxTokens, ...others } = trained;
    return {
      ...{ model, corpus, layers, studies, statistics },
      // In this order, since run.json has the hash of their JSON.
      dictionaries: dictionarySettings({ ...others, learningRate, reconstruction, batchTexts, maxTokens }),
    };
  },
  outputs: [],
  work(config, sizes) {
    const { chosenLayers, textTokens } = sizes;
    const { corpus, dictionaries, studies } = config;
    const trained = guessedAutoencoders(config, sizes);
    // All are trained on one stream; each takes its share of the time of a model's small and large
    // ones.
    const { smallFactor, largeFactor } = dictionaries;
    const share = (trained * smallFactor) / (chosenLayers * (smallFactor + largeFactor));
    const perEpoch = (1 - HELD_OUT_SHARE) * corpus.texts.dictionaries * textTokens;
    const activationTokens = trainedTokens(studies, perEpoch);
    return { activationTokens, trainTokens: activationTokens * share };
  },
  requires: (config) => ({
    texts: [textsOfLength("dictionaries", FEWEST_TOKENS)],
    ...readingNeeds(config, "dictionaries"),
    ofModel(facts) {
      lossOptions(config, facts.dModel);
      const each = autoencoderBytes(facts.dModel, config.dictionaries.smallFactor, 2);
      // Two checkpoints of parameters and two moments: the old one is removed when the new one is
      // complete.
      return { disk: { kept: 0, most: 2 * 3 * guessedAutoencoders(config, facts) * each } };
    },
  }),
  async run({ config, folder, scratch, results, rng, progress, signal, log, writeResults }) {
    const { batchTexts, maxTokens, smallFactor } = config.dictionaries;
    const { epochs, tokenVisits } = config.studies;
    const divergence = results.divergence!;
    const plan = planStudies(config, divergence);
    if (config.studies.lowest && config.layers.count >= divergence.layers.length)
      log(`studies: layers.count is all ${divergence.layers.length} layers, so half of them are compared`);

    // 1. Train all autoencoders of all studies on one stream of activations.
    const texts = await dictionaryTexts(config, await loadRunTokenizer(config, folder), signal);
    const model = await loadRole(config, folder, "tuned");
    const dIn = model.config.dModel;
    const dSae = Math.round(dIn * smallFactor);
    const specs = autoencodersOf([...plan.sweep, ...plan.tying, ...plan.layerChoice], dIn, dSae);
    const layers = [...new Set(specs.map(({ layer }) => layer))];
    const perEpoch = texts.training.reduce((sum, text) => sum + text.length, 0);
    progress.start(trainedTokens(config.studies, perEpoch), "tokens");
    const stream = dictionaryStream(config, [model], texts.training, { layers, epochs, rng, signal });
    // Decoders are compared as trained, tied and untied, without refitting.
    const { tied: _, kind: __, refit: ___, ...counting } = lossOptions(config, dIn);
    const { trained, tokens } = await trainAutoencoders(stream, specs, {
      ...{ ...counting, tokenVisits, signal, log, seed: config.seed },
      folder: join(scratch, "training"),
      onStep: (step) => progress.update(Math.min(tokenVisits, step.tokens)),
    });
    progress.end();

    // 2. Measure them on the same held-out texts.
    const heldOut = texts.heldOut.slice(0, MEASURED_TEXTS);
    progress.start(Math.ceil(heldOut.length / batchTexts), "batches");
    const autoencoders = trained.map(({ autoencoder }) => autoencoder);
    const measured = await measureTexts(model, autoencoders, heldOut, {
      ...{ batchTexts, maxTokens, signal },
      onBatch: (done) => progress.update(done),
    });
    await model.dispose();
    progress.end();

    // 3. Compare settings over the same resamples of texts.
    const members = trained.map(({ spec, curve }, i): Member => ({ spec, curve, measured: measured[i] }));
    const { resamples } = config.statistics;
    const options = (name: string) => ({ rng: rng(`bootstrap ${name}`), unit: "text" as const, resamples });
    const compared = (name: string, settings: readonly PlannedSetting[]) => compare(members, settings, options(name));
    await writeResults("studies", {
      tokenVisits: tokens,
      dSae,
      sweep: plan.sweep.length > 0 ? compared("sweep", plan.sweep).settings : [],
      ...(plan.tying.length > 0 && { tying: compared("tying", plan.tying) }),
      ...(plan.layerChoice.length > 0 && { layerChoice: compared("layer choice", plan.layerChoice) }),
    });
  },
};

/** The measurements of every setting, and paired differences from the first setting. */
function compare(
  members: readonly Member[],
  settings: readonly PlannedSetting[],
  options: Parameters<typeof bootstrapAll>[2],
): StudyComparison {
  const groups = settings.map((setting) =>
    members.filter(({ spec }) => setting.layers.includes(spec.layer) && spec.name === trainingName(setting)),
  );
  const everyText = groups[0][0].measured.texts.map((_, i) => i);
  const statistics = (indices: ArrayLike<number>): number[] => {
    // Settings share autoencoders, and each takes a pass over the texts.
    const figures = new Map(members.map((member) => [member, figuresOf(member.measured, indices)]));
    const means = groups.map((group) => ({
      l0: mean(group.map((member) => figures.get(member)!.l0)),
      normalisedMse: mean(group.map((member) => figures.get(member)!.normalisedMse)),
    }));
    const differences = means
      .slice(1)
      .flatMap(({ l0, normalisedMse }) => [l0 - means[0].l0, normalisedMse - means[0].normalisedMse]);
    return [...means.flatMap(({ l0, normalisedMse }) => [l0, normalisedMse]), ...differences];
  };
  const intervals = bootstrapAll(everyText.length, statistics, options);
  const pair = (i: number) => ({ l0: intervals[2 * i], normalisedMse: intervals[2 * i + 1] });
  return {
    settings: settings.map(({ kind: _, ...setting }, i): MeasuredSetting => {
      const group = groups[i];
      return {
        ...setting,
        ...pair(i),
        explainedVariance: mean(group.map(({ measured }) => measured.explainedVariance)),
        deadFeatures: mean(group.map(({ measured }) => measured.deadFeatures)),
        training: {
          l0: mean(group.map(({ curve }) => meanOver(curve, "l0"))),
          normalisedMse: mean(
            group.map(({ curve, measured }) => meanOver(curve, "mse") / figuresOf(measured, everyText).variance),
          ),
        },
      };
    }),
    differences: settings.slice(1).map(({ setting }, i) => ({
      setting,
      from: settings[0].setting,
      ...pair(settings.length + i),
    })),
  };
}
