/**
 * Stage: what tuning changed in a pair of models, without a reward. Both models complete held-out
 * prompts and read texts; log-ratios of tokens, words and texts are explained by properties of the
 * texts.
 */
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Config } from "../../../config/config.js";
import type { ConfigIssue } from "../../../errors.js";
import { textPairs } from "../../../interpret/audit/audited-text.js";
import {
  type AuditedText,
  carryOfParts,
  columnFor,
  explainLogRatios,
  extremeTexts,
  extremeWords,
  logRatioOf,
  mostFrequentWords,
  overRepresentedWords,
  type PropertyColumn,
  propertyColumns,
  propertyShifts,
  type TokenRewards,
  textMeasures,
  textsOfParts,
  WordTokens,
  wordLogRatios,
  wordsByPrompt,
} from "../../../interpret/index.js";
import { writeJsonl } from "../../../io/jsonl.js";
import { memoryNote, memoryOf } from "../../../model/memory.js";
import type { AuditExplanation, AuditedTextLine, AuditResults } from "../../../results/results.js";
import { type AuditedToken, auditFolder, writeAuditTables } from "../../../results/sections/audit.js";
import { moduleReward } from "../../../reward/module.js";
import type { Reward } from "../../../reward/reward.js";
import { sampleValues } from "../../../reward/sample-values.js";
import { bootstrapMean } from "../../../stats/index.js";
import { ratioInterval } from "../../../stats/interval.js";
import { sum } from "../../../stats/moments.js";
import { partTokens } from "../../inputs/corpus-parts.js";
import { givenLexicon, loadRunTokenizer, modelRoles, type StoredPair, withStoredPair } from "../../inputs/models.js";
import { loadPairTemplate } from "../../inputs/pair-template.js";
import { startingProgress } from "../../run/progress.js";
import { type OpenedInputs, textsOfLength } from "../../run/requirements.js";
import type { Stage, StageContext } from "../../run/stage.js";
import { type AuditPrompt, auditPrompts, messagePrompt } from "./prompts.js";
import { readPair, samplePair } from "./texts.js";
import { bytesOfStates, compareVocabulary, writeStates } from "./vocabulary.js";

/** Words of the corpus that count as frequent. */
const FREQUENT_WORDS = 50;
/** Number of listed tokens, words and texts, at each end. */
const LISTED = { tokens: 20, words: 20, texts: 10 };
/** Parts of a model outside of layers: embedding, norms, unembedding. */
const PARTS_OUTSIDE = 3;
/** With fewer prompts or texts, explanations are meaningless. */
const LEAST_TEXTS = 20;

/** The values of the user's module per text; empty without module. */
async function ownColumn(
  module: Reward | undefined,
  { config: { audit } }: Pick<StageContext, "config">,
  texts: readonly AuditedText[],
): Promise<PropertyColumn[]> {
  if (!module || audit.property === undefined) return [];
  const values = Float64Array.from(await module(texts.map(({ text }) => text)));
  const name = basename(audit.property).replace(/\.m?js$/, "");
  return [{ name, summary: `the module ${basename(audit.property)}`, kind: "whole", values }];
}

/**
 * How much of the log-ratios the properties explain, in both measures. Over completions of both models a property gets credit for
 * telling which model wrote a text as well, since the tuned model's own texts have higher log-ratios; so each model's are also
 * looked at apart.
 */
function explanations(
  texts: readonly AuditedText[],
  columns: readonly PropertyColumn[],
  { rng, config }: Pick<StageContext, "rng" | "config">,
): AuditExplanation[] {
  return (["samples", "base", "tuned", "corpus"] as const).flatMap((of) => {
    const isOf = ({ origin }: AuditedText) => (of === "samples" ? origin !== "corpus" : origin === of);
    const chosen = [...texts.keys()].filter((i) => isOf(texts[i]));
    const rows = chosen.map((i) => texts[i]);
    const tokens = rows.map(({ ids }) => ids.length);
    return textMeasures.map((measure): AuditExplanation => {
      const own = columns.map((column) => ({ ...column, values: Float64Array.from(chosen, (i) => column.values[i]) }));
      return {
        texts: of,
        measure,
        ...explainLogRatios(
          Float64Array.from(rows, (row) => logRatioOf(row, measure)),
          own.map((column) => ({ name: column.name, values: columnFor(column, measure, tokens) })),
          rows.map(({ unit }) => unit),
          {
            rng: rng(`folds ${of} ${measure}`),
            resampling: { rng: rng(`bootstrap ${of} ${measure}`), resamples: config.statistics.resamples },
            unit: of === "corpus" ? "text" : "prompt",
          },
        ),
      };
    });
  });
}

/** Tokens that the base model is expected to sample at least once, by descending log-ratio. */
function visitedTokens({ values, visits }: TokenRewards, words: WordTokens): AuditedToken[] {
  return [...values.keys()]
    .filter((id) => visits[id] >= 1 && Number.isFinite(values[id]))
    .map((id) => ({ token: words.text(id), value: values[id], visits: visits[id] }))
    .sort((a, b) => b.value - a.value || (a.token < b.token ? -1 : 1));
}

function lineOf({ origin, unit, prompt, text, ids, logRatios }: AuditedText): AuditedTextLine {
  return { origin, unit, prompt, text, tokens: ids.length, logRatio: sum(logRatios) };
}

/**
 * KL divergences, estimated from samples: the mean log-ratio over a model's own completions is its
 * divergence from the other model.
 */
function divergences(
  texts: readonly AuditedText[],
  { rng, config }: Pick<StageContext, "rng" | "config">,
): AuditResults["kl"] {
  const of = (origin: AuditedText["origin"]) => texts.filter((text) => text.origin === origin);
  const totals = (origin: AuditedText["origin"]) => of(origin).map((text) => logRatioOf(text, "total"));
  const { resamples } = config.statistics;
  const resampling = (name: string) => ({ rng: rng(`bootstrap kl ${name}`), resamples, unit: "prompt" as const });
  return {
    tunedFromBase: bootstrapMean(totals("tuned"), resampling("tuned")),
    // 0 - x, so that equal models have 0 and not -0.
    baseFromTuned: bootstrapMean(
      totals("base").map((total) => 0 - total),
      resampling("base"),
    ),
    perToken: ratioInterval(
      of("tuned").map((text) => ({ sum: logRatioOf(text, "total"), count: text.ids.length })),
      "prompt",
      resampling("per token"),
    ),
  };
}

/** What single parts carry of the difference, on the first prompts; undefined where the models do not differ. */
async function carriedByParts(
  { config, rng, progress, signal }: Pick<StageContext, "config" | "rng" | "progress" | "signal">,
  pair: StoredPair,
  prompts: readonly AuditPrompt[],
  texts: readonly AuditedText[],
): Promise<AuditResults["parts"]> {
  const sampled = texts.filter(({ origin }) => origin !== "corpus");
  if (sampled.every(({ logRatios }) => logRatios.every((value) => value === 0))) return undefined;
  const promptIds = prompts.map(({ ids }) => ids);
  const pairs = textPairs(promptIds, sampled, config.audit.partPrompts);
  if (pairs.length === 0) return undefined;
  const found = await carryOfParts({
    ...{ ...pair, pairs, signal },
    rng: rng("bootstrap parts"),
    resamples: config.statistics.resamples,
    onTexts: startingProgress(progress, "texts"),
  });
  progress.end();
  return found;
}

/** Whether messages under the template leave room for answers. */
async function longMessages({ config, tokenizer, positions }: OpenedInputs): Promise<ConfigIssue[]> {
  const { chatTokens, newTokens } = config.audit;
  const template = await loadPairTemplate(config, "");
  if (!template) return [];
  const around = messagePrompt("a", 1, tokenizer, template).ids.length;
  if (around + chatTokens + newTokens <= positions) return [];
  return [
    {
      path: "audit.chatTokens",
      expected: `with audit.newTokens (${newTokens}) and the chat template (${around}) together at most ${positions}, the positions of the models`,
      received: String(chatTokens),
    },
  ];
}

/** The user's module; undefined without one. Dispose of it after use. */
async function loadProperty({ audit, reward }: Config, signal: AbortSignal): Promise<Reward | undefined> {
  if (audit.property === undefined) return undefined;
  return moduleReward(audit.property, { role: "the property", timeoutSeconds: reward.timeoutSeconds, signal });
}

/** Asks the user's module for the numbers of two texts. @throws as the module */
async function tryProperty({ config, signal }: OpenedInputs): Promise<ConfigIssue[]> {
  const module = await loadProperty(config, signal);
  if (module) await sampleValues(module, 2);
  return [];
}

export const auditStage: Stage = {
  name: "audit",
  title: "comparing the two models",
  needs: [],
  applies: ({ stages }) => stages === "audit",
  settings({ model, corpus, audit, reward: { lexicon }, statistics }) {
    const { preferences: _, preferenceSplit: __, preferenceRows: ___, preferenceTokens: ____, ...own } = audit;
    return { model, corpus, audit: own, lexicon, statistics };
  },
  outputs: [auditFolder],
  work({ audit }, { nLayers }) {
    const completed = modelRoles.length * audit.prompts * (audit.promptTokens + audit.newTokens);
    const read = audit.texts * audit.textTokens;
    return {
      completionTokens: completed,
      // Corpus texts are read twice: for the log-ratios of their tokens, and of the whole
      // vocabulary.
      probTokens:
        modelRoles.length * (completed + 2 * read) +
        textsOfParts(Math.min(audit.partPrompts, audit.prompts), 2 * nLayers + PARTS_OUTSIDE) *
          (audit.promptTokens + audit.newTokens),
    };
  },
  requires({ audit }) {
    return {
      texts: [
        textsOfLength("evaluate", 1, { atLeast: LEAST_TEXTS }),
        textsOfLength("frequency", 2, { atLeast: LEAST_TEXTS }),
      ],
      own: [
        { path: "audit.chat", expected: "a chat template that can be read, or never", look: longMessages },
        { path: "audit.property", expected: "a module that gives one finite number for a text", look: tryProperty },
      ],
      contexts: [
        { tokens: audit.promptTokens + audit.newTokens, settings: ["audit.newTokens", "audit.promptTokens"] },
        { tokens: audit.textTokens, settings: ["audit.textTokens"] },
      ],
      ofModel: (model) => ({
        notes: [memoryNote("to audit this pair", memoryOf(model).reading)],
        disk: { kept: 0, most: bytesOfStates(audit, model.dModel) },
      }),
    };
  },
  async run(context) {
    const { config, folder, scratch, rng, signal, writeResults } = context;
    const { audit } = config;
    // First: an invalid module must not fail after minutes of sampling.
    const module = await loadProperty(config, signal);
    const tokenizer = await loadRunTokenizer(config, folder);
    const words = new WordTokens((id) => tokenizer.tokenText(id), givenLexicon(config));
    const read = await partTokens(config, "frequency", tokenizer, {
      maxTokens: audit.textTokens,
      minTokens: 2,
      limit: audit.texts,
      signal,
    });
    const template = await loadPairTemplate(config, folder);
    const prompts = await auditPrompts(context, tokenizer, template);
    const { texts, vocabulary, parts } = await withStoredPair(config, folder, async (pair) => {
      const samples = await samplePair(context, pair, tokenizer, prompts);
      const texts = await readPair(context, pair, tokenizer, { prompts, samples, rows: read }, (role, model) =>
        writeStates(context, role, model, read),
      );
      const vocabulary = await compareVocabulary(context, pair, read);
      return { texts, vocabulary, parts: await carriedByParts(context, pair, prompts, texts) };
    });
    const lists = { valences: words.lexicon, frequentWords: mostFrequentWords(read, words, FREQUENT_WORDS) };
    const columns = [...propertyColumns(texts, lists), ...(await ownColumn(module, context, texts))];
    await module?.dispose?.();
    const tokens = visitedTokens(vocabulary, words);
    const valued = wordLogRatios(texts, words);
    const extremes = extremeTexts(texts, LISTED.texts);
    const completionsOf = (model: "base" | "tuned") =>
      texts.filter(({ origin }) => origin === model).map(({ unit, ids }) => ({ prompt: unit, ids }));
    const place = join(scratch, auditFolder);
    await mkdir(place, { recursive: true });
    await writeJsonl(join(place, "texts.jsonl"), texts.map(lineOf));
    await writeAuditTables(place, { tokens, words: valued });
    await writeResults("audit", {
      prompts: prompts.length,
      newTokens: audit.newTokens,
      corpusTexts: read.length,
      kl: divergences(texts, context),
      klOfCorpus: vocabulary.klFromBase,
      explanations: explanations(texts, columns, context),
      shifts: propertyShifts(texts, columns, {
        rng: rng("bootstrap shifts"),
        resamples: config.statistics.resamples,
      }),
      tokens: {
        liked: tokens.filter(({ value }) => value > 0).slice(0, LISTED.tokens),
        disliked: tokens
          .filter(({ value }) => value < 0)
          .slice(-LISTED.tokens)
          .reverse(),
      },
      words: extremeWords(valued, LISTED.words),
      overRepresented: overRepresentedWords(
        wordsByPrompt(completionsOf("base"), completionsOf("tuned"), words),
        LISTED.words,
        rng("coins"),
      ),
      texts: { liked: extremes.liked.map(lineOf), disliked: extremes.disliked.map(lineOf) },
      ...(template && { template: template.of }),
      ...(parts && { parts }),
    });
  },
};
