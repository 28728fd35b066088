/**
 * Stage: the probe R, a linear reward model, and the lexicon rebuilt by it (paper, sections 4.3 and
 * 5.1).
 */
import { join } from "node:path";
import {
  encodeTexts,
  estimators,
  fitProbe,
  kendallOf,
  type LinearProbe,
  lexiconOccurrences,
  lexiconPositions,
  lexiconRows,
  occurrencesWithInputs,
  type RebuiltWord,
  rawActivations,
  rebuildLexicon,
  sentimentDeltas,
  summariseProbe,
  type Triple,
  tauDifference,
  tokenStringTau,
  tripleLogRatios,
  WordTokens,
} from "../../interpret/index.js";
import { readJsonl } from "../../io/jsonl.js";
import { table10 } from "../../paper/published.js";
import type { ModelRole } from "../../results/results.js";
import {
  type DeltaPoint,
  type ProbeOfModel,
  type ProbeResults,
  writeDeltas,
  writeLexicon,
} from "../../results/sections/probe.js";
import { mostTriples, partTokens } from "../inputs/corpus-parts.js";
import { givenLexicon, loadRole, loadRunTokenizer, modelRoles, TEXTS_PER_PASS } from "../inputs/models.js";
import { readingNeeds, textsOfLength } from "../run/requirements.js";
import type { Stage } from "../run/stage.js";
import { encodersOf, loadSmallDictionaries, probeEdits } from "./files/dictionary-files.js";
import { writeProbes } from "./files/probe-file.js";

/**
 * Inputs with separate spectra: feature activations of both models, and MLP outputs of the tuned
 * one.
 */
const DESIGNS = modelRoles.length + 1;
/** Taus with an interval, rounded up: 8 of each model, 8 of controls, 4 of the difference. */
const TAUS = 30;

export const probeStage: Stage = {
  name: "probe",
  title: "fitting the reward model",
  needs: ["dictionaries", "triples"],
  settings: ({ corpus, dictionaries, probe, statistics, reward: { lexicon } }) => ({
    corpus,
    dictionaries,
    probe,
    statistics,
    reward: { lexicon },
  }),
  outputs: ["deltas.jsonl", "probe.safetensors", "lexicon.csv"],
  work(config, { chosenLayers, dModel, textTokens, contextTokens }) {
    const { corpus, dictionaries, probe, statistics } = config;
    const inputs = Math.round(chosenLayers * dModel * dictionaries.smallFactor);
    const tokens = mostTriples(config) * contextTokens + corpus.texts.dictionaries * textTokens;
    return {
      readTokens: modelRoles.length * tokens,
      probTokens: modelRoles.length * mostTriples(config) * contextTokens,
      // Spectra of all rows, and of the rows without each fold.
      spectra640: DESIGNS * (probe.folds + 1) * (inputs / 640) ** 3,
      taus700: statistics.resamples * TAUS,
    };
  },
  requires: (config) => ({ texts: [textsOfLength("dictionaries", 1)], ...readingNeeds(config, "dictionaries") }),
  async run({ config, folder, results, rng, progress, signal, writeResults }) {
    const layers = results.divergence!.chosen;
    const tokenizer = await loadRunTokenizer(config, folder);
    const lexicon = givenLexicon(config);
    const words = new WordTokens((id) => tokenizer.tokenText(id), lexicon);
    const triples: Triple[] = [];
    for await (const row of readJsonl(join(folder, "triples.jsonl"))) triples.push(row as Triple);
    // Words also occur in whole texts: those of the autoencoders, which R was not fitted on.
    const texts = await partTokens(config, "dictionaries", tokenizer, {
      maxTokens: config.dictionaries.maxTokens,
      signal,
    });
    const summaries: ProbeOfModel[] = [];
    const rebuilt = {} as Record<ModelRole, RebuiltWord[]>;
    const probes = {} as Record<ModelRole, LinearProbe>;
    const deltas: DeltaPoint[] = [];
    const controls: ProbeResults["controls"] = [];
    const resampling = (name: string) => ({ rng: rng(`bootstrap ${name}`), resamples: config.statistics.resamples });
    const addControl = (labels: string, words: readonly RebuiltWord[]) => {
      for (const estimator of estimators)
        controls.push({
          labels,
          estimator,
          kendall: kendallOf(words, estimator, resampling(`${labels} ${estimator}`)),
        });
    };
    const pair = { base: await loadRole(config, folder, "base"), tuned: await loadRole(config, folder, "tuned") };
    progress.start(triples.length, "contexts");
    const logRatios = await tripleLogRatios(pair.base, pair.tuned, triples, {
      batchSize: TEXTS_PER_PASS,
      signal,
      onBatch: (done) => progress.update(done),
    });
    progress.end();
    await Promise.all([pair.base.dispose(), pair.tuned.dispose()]);
    const onLogRatios: ProbeResults["onLogRatios"] = [];
    const perModel = 3 * triples.length + texts.length;
    progress.start(modelRoles.length * perModel, "texts");
    for (const [index, role] of modelRoles.entries()) {
      const model = await loadRole(config, folder, role);
      const dictionaries = await loadSmallDictionaries(folder, role, layers);
      const encoders = encodersOf(dictionaries);
      const edits = probeEdits(config, dictionaries);
      // Controls are of the tuned model's probe, whose tau is the result.
      const raw =
        role === "tuned" ? dictionaries.map(({ layer, dictionary }) => rawActivations(layer, dictionary.dIn)) : [];
      const before = index * perModel;
      const { ofCodes, ofAlsoRead } = await sentimentDeltas(model, encoders, triples, {
        batchSize: TEXTS_PER_PASS,
        alsoRead: raw,
        edits,
        signal,
        onBatch: (done, total) => progress.update(before + Math.round((3 * triples.length * done) / total)),
      });
      // Both models have the same folds, so that their difference is over the same split.
      const { folds, split, scaling } = config.probe;
      const fitting = { folds, split, scaling, signal };
      const {
        fit,
        controls: fits,
        ofLogRatios,
      } = await fitProbe(ofCodes, {
        ...fitting,
        layers: encoders,
        logRatios,
        controls: role === "tuned" ? ["signs", "shuffledSizes", "shuffledWithinPolarity"] : [],
        rng: rng("folds"),
      });
      const stream = encodeTexts(model, [...encoders, ...raw], texts, {
        batchSize: TEXTS_PER_PASS,
        positionsOf: (tokens) => lexiconPositions(tokens, words),
        edits,
        signal,
        onBatch: (done) => progress.update(before + 3 * triples.length + done),
      });
      const occurrences = await lexiconOccurrences(stream, words);
      const ofInputs = occurrencesWithInputs(occurrences, 0, fit.inputs);
      rebuilt[role] = rebuildLexicon(fit, ofCodes, lexicon, ofInputs);
      probes[role] = fit.probe.leastSquares;
      summaries.push({ model: role, ...summariseProbe(fit, rebuilt[role], resampling(role)) });
      const ofTuning = rebuildLexicon(ofLogRatios!, ofCodes, lexicon, ofInputs);
      onLogRatios.push({
        model: role,
        labelScale: ofLogRatios!.labelScale,
        r2: ofLogRatios!.r2,
        kendall: estimators.map((estimator) => ({
          estimator,
          result: kendallOf(ofTuning, estimator, resampling(`log-ratios ${role} ${estimator}`)),
        })),
      });
      for (const control of fits) addControl(control.labels, rebuildLexicon(control, ofCodes, lexicon, ofInputs));
      if (raw.length > 0) {
        const { fit: rawFit } = await fitProbe(ofAlsoRead, { ...fitting, layers: raw, rng: rng("folds") });
        const ofRaw = occurrencesWithInputs(occurrences, fit.inputs, fit.inputs + rawFit.inputs);
        addControl("rawActivations", rebuildLexicon(rawFit, ofAlsoRead, lexicon, ofRaw));
      }
      deltas.push(...ofCodes.rows.map((row) => ({ model: role, ...row })));
      await model.dispose();
    }
    progress.end();
    const lookUp = (role: ModelRole, word: string): number | null =>
      rebuilt[role].find((entry) => entry.word === word)?.leastSquares ?? null;
    await writeProbes(join(folder, "probe.safetensors"), probes);
    await writeLexicon(folder, lexiconRows(rebuilt.tuned, rebuilt.base));
    await writeDeltas(folder, deltas);
    const asStrings = (role: ModelRole) => {
      const { tau, pValue } = tokenStringTau(rebuilt[role].map((word) => ({ ...word, value: word.leastSquares })));
      return { model: role, tau, pValue };
    };
    await writeResults("probe", {
      models: summaries,
      ...(config.probe.tokenStrings && { tokenStrings: modelRoles.map(asStrings) }),
      tauDifference: tauDifference(rebuilt.tuned, rebuilt.base, resampling("difference")),
      onLogRatios,
      controls,
      paperWords: table10
        .filter(({ word }) => lexicon.has(word))
        .map(({ word, rebuilt: paper }) => ({
          word,
          trueValue: lexicon.get(word)!,
          tuned: lookUp("tuned", word),
          base: lookUp("base", word),
          paper,
        })),
    });
  },
};
