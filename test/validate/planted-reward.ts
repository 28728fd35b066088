/** A model tuned on a few planted words, and the method's results compared with the truth. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { assetPath } from "../../src/assets.js";
import { encodeTexts, WordTokens } from "../../src/interpret/index.js";
import { readCsv } from "../../src/io/csv.js";
import {
  type ConfigInput,
  type FeatureRecord,
  type ModelRole,
  type Results,
  readFeatures,
} from "../../src/pipeline/index.js";
import { partTokens } from "../../src/pipeline/inputs/corpus-parts.js";
import { loadRole, loadRunTokenizer, modelRoles, TEXTS_PER_PASS } from "../../src/pipeline/inputs/models.js";
import { encodersOf, loadSmallDictionaries } from "../../src/pipeline/stages/files/dictionary-files.js";
import { readCarriedTokens } from "../../src/results/sections/carry.js";
import { Rng } from "../../src/rng.js";
import { bootstrap, type Interval, kendallTau, quantile } from "../../src/stats/index.js";
import { mean } from "../../src/stats/moments.js";
import { areaUnderCurve, rankSumP } from "./rank-sum.js";
import { runStagesIn, type StageRun, type Surroundings } from "./stage-run.js";
import { plantedWords, withUnpaid, writeLexicon } from "./word-lists.js";

export type Estimator = "leastSquares" | "ridge";
export const estimators: readonly Estimator[] = ["leastSquares", "ridge"];

const lengths = { promptTokens: 20, newTokens: 24 };

/** Less than the default run; the same in both runs but for model and lexicon. */
const settings = {
  corpus: { texts: { tune: 2700, dictionaries: 1500, triples: 2500, evaluate: 600, frequency: 300 } },
  // Rewards of the base model have a standard deviation of 0.18: under the coefficient of `default`, 0.23, KL would rest at 0.3 nats.
  // A reward of rare words is learned slowly: at the falling rate of `default`, 40 batches teach next to nothing.
  ppo: { batches: 40, ppoEpochs: 2, klCoef: "auto", schedule: "constant", evaluation: { prompts: 600, ...lengths } },
  layers: { count: 3 },
  dictionaries: { tokenVisits: 200_000 },
  ablation: { prompts: 250, ...lengths, draws: 3, controls: ["random", "matchedFrequency"] },
} satisfies ConfigInput;

/** What R says of planted words, of either model. */
export interface WordRanking {
  estimator: Estimator;
  model: ModelRole;
  /** Share of pairs of a positive and a negative word that are in the right order, and its one-sided exact p-value. */
  area: number;
  pValue: number;
  /** Kendall's tau of the planted words' values with the true ones, and its p-value. */
  tau: number;
  tauP: number;
  words: number;
}

/** How the implicit reward orders planted words; it compares tuned and base, so there is one for both models. */
export type ImplicitRewardRanking = Omit<WordRanking, "estimator" | "model">;

/** Words that the tuned model writes more often than the base model, the strongest first. */
export interface WrittenMore {
  /** Of the `first` such words, how many are planted positive ones. */
  positive: number;
  /** ... planted negative ones. */
  negative: number;
  first: number;
}

/** How far from 0 R puts words that pay and words that do not. */
export interface Sizes {
  estimator: Estimator;
  model: ModelRole;
  medianPlanted: number;
  medianUnpaid: number;
  unpaidWords: number;
  /** Share of pairs of a planted and an unpaid word in which the planted one is further from 0. */
  area: number;
}

/** What the rows of the vocabulary of planted words carry, against those of decoys, which are as frequent. */
export interface CarriedWords {
  /** Mean over words, in nats. */
  planted: number;
  decoys: number;
  /** Share of pairs of a planted word and a decoy in which the planted one carries more, and its one-sided exact p-value. */
  area: number;
  pValue: number;
}

/** Labels of features, and their activation on planted words in texts that labels have not used. */
export interface FeatureCounts {
  model: ModelRole;
  explained: number;
  labelled: number;
  /** Features whose mean activation on planted words is at least twice that on all tokens. */
  selective: number;
  both: number;
}

export interface WordsOfLexicon {
  rankings: WordRanking[];
  implicitReward: ImplicitRewardRanking;
  /** Area of tuned less base, over the same words. */
  differences: { estimator: Estimator; difference: Interval }[];
  sizes: Sizes[];
}

export interface PlantedReward {
  results: Results;
  planted: WordsOfLexicon;
  decoys: WordsOfLexicon;
  features: FeatureCounts[];
  writtenMore: WrittenMore;
  carried: CarriedWords;
  /** Features labelled with the decoys as lexicon, on the same models. */
  decoyLabels: { model: ModelRole; explained: number; labelled: number }[];
  words: { planted: Map<string, number>; decoys: Map<string, number> };
  seconds: number;
}

interface Row {
  word: string;
  trueValue: number;
  tuned: Record<Estimator, number>;
  base: Record<Estimator, number>;
}

/** The words of lexicon.csv that both models rebuilt. */
async function lexiconOf(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readCsv(join(folder, "lexicon.csv"))) {
    if (row.tuned === "" || row.base === "") continue;
    rows.push({
      word: row.word,
      trueValue: Number(row.trueValue),
      tuned: { leastSquares: Number(row.tuned), ridge: Number(row.tunedRidge) },
      base: { leastSquares: Number(row.base), ridge: Number(row.baseRidge) },
    });
  }
  return rows;
}

interface Valued {
  value: number;
  trueValue: number;
}

/** How words that pay are ordered, by sign and by value. */
function rank(words: readonly Valued[]): ImplicitRewardRanking {
  const ofSign = (sign: number) =>
    words.filter(({ trueValue }) => Math.sign(trueValue) === sign).map(({ value }) => value);
  const values = words.map(({ value }) => value);
  const truth = words.map(({ trueValue }) => trueValue);
  const { tau, pValue } = kendallTau(values, truth);
  return {
    area: areaUnderCurve(ofSign(1), ofSign(-1)),
    pValue: rankSumP(ofSign(1), ofSign(-1)),
    ...{ tau, tauP: pValue, words: words.length },
  };
}

/** How the implicit reward orders the words of implicit-reward.csv that pay. */
async function implicitRewardRanking(folder: string): Promise<ImplicitRewardRanking> {
  const words: Valued[] = [];
  for await (const row of readCsv(join(folder, "implicit-reward.csv"))) {
    const [value, trueValue] = [Number(row.value), Number(row.trueValue)];
    if (trueValue !== 0) words.push({ value, trueValue });
  }
  return rank(words);
}

/** What R makes of the words of one lexicon, those with the value 0 being unpaid. */
function judgeWords(rows: readonly Row[], implicitReward: ImplicitRewardRanking): WordsOfLexicon {
  const positive = rows.filter(({ trueValue }) => trueValue > 0);
  const negative = rows.filter(({ trueValue }) => trueValue < 0);
  const unpaid = rows.filter(({ trueValue }) => trueValue === 0);
  const paid = [...positive, ...negative];
  const models = estimators.flatMap((estimator) => modelRoles.map((model) => ({ estimator, model })));
  return {
    rankings: models.map(({ estimator, model }) => ({
      ...{ estimator, model },
      ...rank(paid.map((row) => ({ value: row[model][estimator], trueValue: row.trueValue }))),
    })),
    implicitReward,
    differences: estimators.map((estimator) => ({
      estimator,
      difference: areaDifference(paid, estimator),
    })),
    sizes: models.map(({ estimator, model }) => {
      const size = (row: Row) => Math.abs(row[model][estimator]);
      return {
        ...{ estimator, model, unpaidWords: unpaid.length },
        medianPlanted: quantile(paid.map(size), 0.5),
        medianUnpaid: quantile(unpaid.map(size), 0.5),
        area: areaUnderCurve(paid.map(size), unpaid.map(size)),
      };
    }),
  };
}

function areaDifference(paid: readonly Row[], estimator: Estimator): Interval {
  const area = (model: ModelRole, words: readonly Row[]) => {
    const values = (sign: number) =>
      words.filter(({ trueValue }) => Math.sign(trueValue) === sign).map((row) => row[model][estimator]);
    return areaUnderCurve(values(1), values(-1));
  };
  const statistic = (indices: Int32Array) => {
    const words = Array.from(indices, (i) => paid[i]);
    return area("tuned", words) - area("base", words);
  };
  const rng = Rng.fromSeed(42, "area difference", estimator);
  return bootstrap(paid.length, statistic, { rng, unit: "word", resamples: 2000 });
}

/** A feature is selective if its mean activation on planted words is this multiple of that on all tokens. */
const SELECTIVE = 2;

/**
 * Compares the labels with what features do on the texts of `frequency`, which neither autoencoders nor labels have seen:
 * a feature's mean code on tokens of planted words, divided by its mean code on all tokens.
 */
async function judgeFeatures(
  { folder, config, results }: StageRun,
  planted: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<FeatureCounts[]> {
  const layers = results.divergence!.chosen;
  const tokenizer = await loadRunTokenizer(config, folder);
  const words = new WordTokens((id) => tokenizer.tokenText(id), planted);
  const texts = await partTokens(config, "frequency", tokenizer, { maxTokens: config.dictionaries.maxTokens, signal });
  const features = await readFeatures(folder);
  const counts: FeatureCounts[] = [];
  for (const role of modelRoles) {
    const model = await loadRole(config, folder, role);
    const dictionaries = await loadSmallDictionaries(folder, role, layers);
    const sums = dictionaries.map(({ dictionary: { dSae } }) => ({
      planted: new Float64Array(dSae),
      all: new Float64Array(dSae),
    }));
    let [plantedTokens, allTokens] = [0, 0];
    const stream = encodeTexts(model, encodersOf(dictionaries), texts, { batchSize: TEXTS_PER_PASS, signal });
    for await (const { tokens, codes } of stream) {
      const pays = words.valences(tokens).map((value) => (value === 0 ? 0 : 1));
      allTokens += tokens.length;
      plantedTokens += pays.reduce((sum, one) => sum + one, 0);
      for (const [layer, { planted: onPlanted, all }] of sums.entries())
        for (let at = 0; at < codes[layer].length; at++) {
          const feature = at % all.length;
          all[feature] += codes[layer][at];
          if (pays[Math.floor(at / all.length)] === 1) onPlanted[feature] += codes[layer][at];
        }
    }
    await model.dispose();
    const isSelective = ({ layer, feature }: FeatureRecord) => {
      const { planted: onPlanted, all } = sums[layers.indexOf(layer)];
      return onPlanted[feature] / plantedTokens >= (SELECTIVE * all[feature]) / allTokens && all[feature] > 0;
    };
    const own = features.filter((record) => record.model === role);
    const labelled = own.filter(({ related }) => related);
    counts.push({
      model: role,
      explained: own.length,
      labelled: labelled.length,
      selective: own.filter(isSelective).length,
      both: labelled.filter(isSelective).length,
    });
  }
  return counts;
}

function writtenMore({ implicitReward }: Results, planted: ReadonlyMap<string, number>): WrittenMore {
  const words = implicitReward!.overRepresented.moreInTuned;
  const ofSign = (sign: number) => words.filter(({ word }) => Math.sign(planted.get(word) ?? 0) === sign).length;
  return { positive: ofSign(1), negative: ofSign(-1), first: words.length };
}

async function carriedWords(
  folder: string,
  { planted, decoys }: Record<"planted" | "decoys", ReadonlyMap<string, number>>,
): Promise<CarriedWords> {
  const values = new Map((await readCarriedTokens(folder)).map(({ text, value }) => [text, value]));
  const of = (words: ReadonlyMap<string, number>) => [...words.keys()].map((word) => values.get(` ${word}`)!);
  const [own, others] = [of(planted), of(decoys)];
  return {
    planted: mean(own),
    decoys: mean(others),
    area: areaUnderCurve(own, others),
    pValue: rankSumP(own, others),
  };
}

/** Tunes on the planted words, runs the method on the outcome with the truth as lexicon, and again with the decoys. */
export async function plantedReward(surroundings: Surroundings, changes: ConfigInput = {}): Promise<PlantedReward> {
  const words = plantedWords();
  const lexica = join(surroundings.folder, "lexica");
  await mkdir(lexica, { recursive: true });
  const lexiconFile = async (name: "planted" | "decoys") => {
    const path = join(lexica, `${name}.txt`);
    await writeLexicon(path, withUnpaid(words[name]));
    return path;
  };
  const reward = { lexicon: await lexiconFile("planted") };
  const run = await runStagesIn("planted", { ...settings, ...changes, reward }, "ablate", surroundings);
  const pair = { base: assetPath("embedded"), tuned: join(run.folder, "tuned") };
  const decoy = await runStagesIn(
    "decoys",
    { ...settings, ...changes, model: pair, reward: { ...reward, lexicon: await lexiconFile("decoys") } },
    "implicit-reward",
    surroundings,
  );
  return {
    results: run.results,
    planted: judgeWords(await lexiconOf(run.folder), await implicitRewardRanking(run.folder)),
    decoys: judgeWords(await lexiconOf(decoy.folder), await implicitRewardRanking(decoy.folder)),
    writtenMore: writtenMore(run.results, words.planted),
    carried: await carriedWords(run.folder, words),
    features: await judgeFeatures(run, words.planted, surroundings.signal),
    decoyLabels: decoy.results.classify!.models.map(({ model, explained, related }) => ({
      model,
      explained,
      labelled: related,
    })),
    words,
    seconds: run.seconds + decoy.seconds,
  };
}
