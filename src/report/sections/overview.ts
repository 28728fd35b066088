/**
 * Section: the main findings, the method with the run's numbers, the settings, and the paper in
 * comparison.
 */
import { comparedSets } from "../../results/compared-sets.js";
import type { RunData } from "../../results/read-run.js";
import type { Interval, Results } from "../../results/results.js";
import { mean } from "../../stats/moments.js";
import { answers } from "../answer.js";
import { carryingFeatures, featuresCarry } from "../carry-in-words.js";
import { implicitRewardScatterFigure } from "../figures/implicit-reward-scatter.js";
import { duration, excludesZero, fixed, interval, percent, percentInterval, sample, whole } from "../format.js";
import { type Content, type Html, html } from "../html.js";
import { modelName, rewardName, setting } from "../settings.js";
import { comparisonTable } from "../tables/comparison.js";
import { kendallOf } from "../tables/kendall.js";
import { showTable } from "../tables/table.js";
import { figures, folded, type Section } from "./section.js";

export function overviewSection(run: RunData): Section {
  const cards = findings(run);
  const { models, paper } = answers(run);
  return {
    id: "overview",
    title: "Overview",
    lead: cards.length > 0 ? lead(run.results) : "Nothing has been measured yet.",
    body: [
      inOrder(models),
      cards.length > 0 && html`<div class="findings">${cards}</div>`,
      figures(implicitRewardScatterFigure(run.implicitRewards)),
      paper.length > 0 && html`<h3>The paper's own stages</h3>`,
      inOrder(paper),
      showTable(comparisonTable(run.results)),
      html`<h3>The method, with this run's numbers</h3>`,
      flow(run),
      html`<h3>What was run</h3>`,
      facts(run),
      stageTimes(run),
    ],
  };
}

/** The order of the page, of what the run has measured. */
function lead({ implicitReward, carry, probe, ablate, frequency }: Results): string {
  const benchmark = implicitReward ? "there" : "in the benchmark of this project";
  const parts = [
    implicitReward &&
      "what the two models say themselves, by log-ratios of words, which find known rewards in the benchmark of this project",
    carry && "where the change sits",
    (probe ?? ablate ?? frequency) && `the paper's own stages, whose features and probe are at chance ${benchmark}`,
  ].filter((part) => part !== undefined);
  const order = parts.length > 1 ? `First ${parts.join("; then ")}. ` : "";
  return `${order}Brackets are 95% intervals; where a control was measured, it stands beside the effect.`;
}

const inOrder = (sentences: readonly string[]): Html | false =>
  sentences.length > 0 && html`<ol class="answer">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ol>`;

interface Finding {
  question: string;
  value: string;
  range: string;
  control: string;
  verdict: string;
}

function zero(estimate: Interval, what: string): string {
  return excludesZero(estimate) ? `${what}: the interval excludes zero.` : `${what}: the interval includes zero.`;
}

const brackets = (text: string) => text.slice(text.indexOf("["));

function findings({ results }: RunData): Html[] {
  const { tune, ablate, frequency } = results;
  const list: Finding[] = [];
  const reading = wordsOfTheModel(results) ?? rebuiltLexicon(results);
  if (reading) list.push(reading);
  const place = whereItSits(results);
  if (place) list.push(place);
  if (tune) {
    const { base, tuned, difference } = tune.reward;
    list.push({
      question: "Did tuning raise the reward?",
      value: fixed(tuned.value),
      range: `${brackets(interval(tuned))}, ${sample(tuned)}`,
      control: `base model ${interval(base)}`,
      verdict: zero(difference, `Tuned − base ${interval(difference)}`),
    });
  }
  if (ablate) {
    const { effect, random } = ablate;
    list.push({
      question: "Does ablating the labelled features lower the reward?",
      value: effect.value > 0 ? `+${fixed(effect.value)}` : fixed(effect.value),
      range: `${brackets(interval(effect))}, ${sample(effect)}`,
      control: random ? `random features ${interval(random.meanEffect)}` : "no feature was labelled",
      verdict: random ? zero(random.difference, "Labelled − random features") : "Nothing was ablated.",
    });
  }
  const active = frequency?.models.find(({ model }) => model === "tuned");
  if (active) {
    list.push({
      question: "Are the labelled features active where the probe predicts a high reward?",
      value: active.related.n > 0 ? percent(active.related.value) : "–",
      range:
        active.related.n > 0
          ? `${brackets(percentInterval(active.related))}, ${sample(active.related)}`
          : "no feature was labelled",
      control: `average feature ${percentInterval(active.average)}`,
      verdict: active.matchedFrequency
        ? `Features of the same frequency ${percentInterval(active.matchedFrequency)}.`
        : "",
    });
  }
  return list.map(
    ({ question, value, range, control, verdict }) => html`<article class="finding"><h3>${question}</h3>
<p class="value">${value}</p><p class="range">${range}</p><p class="against"><span>against</span> ${control}</p><p class="verdict">${verdict}</p></article>`,
  );
}

/** Finding: implicit rewards of the words that tuning could reward; needs no autoencoder. */
function wordsOfTheModel({ implicitReward, probe }: Results): Finding | undefined {
  const found = implicitReward?.lexicon.kendall.find(({ words }) => words === "visited")?.result.tau;
  if (!found) return undefined;
  const mass = implicitReward?.lexicon.controls.find(
    ({ values, words }) => values === "baseMass" && words === "visited",
  );
  const r = (role: "tuned" | "base") => interval(probe && kendallOf(probe, role, "all")?.tau, 3);
  return {
    question: "Did the model's own words move as the given reward says?",
    value: `τ ${fixed(found.value, 3)}`,
    range: `${brackets(interval(found, 3))}, ${sample(found)}`,
    control: mass ? `the base model's probabilities ${interval(mass.result.tau, 3)}` : "no control",
    verdict: probe ? `The paper's R, all words: ${r("tuned")}; base model ${r("base")}.` : "",
  };
}

/** Finding: the largest set of shared features that has as large changes of others, against these. */
function whereItSits({ carry }: Results): Finding | undefined {
  const features = carry?.features;
  if (!carry || !features || !excludesZero(carry.contrast)) return undefined;
  const largest = comparedSets(features).at(-1);
  if (!largest) return undefined;
  const { chosen, control } = largest;
  const found = carryingFeatures(features);
  return {
    question: "Do features carry what tuning changed?",
    value: percent(chosen.intoBase.value),
    range: `${brackets(percentInterval(chosen.intoBase))} by ${whole(chosen.chosen)} features put into the base model, ${sample(chosen.intoBase)}`,
    control: `as large changes of other features ${percentInterval(control.intoBase)}`,
    verdict: found
      ? `${featuresCarry(found.chosen.chosen)} more than as large changes of others, both ways.`
      : "No k features carry it: none of the numbers tried exceeds as large changes of others, both ways.",
  };
}

/** Finding: the rebuilt lexicon (paper), if there are no implicit rewards. */
function rebuiltLexicon({ probe }: Results): Finding | undefined {
  const tau = probe && kendallOf(probe, "tuned", "all")?.tau;
  if (!probe || !tau) return undefined;
  const difference = probe.tauDifference.find(({ estimator }) => estimator === "leastSquares")?.difference;
  return {
    question: "Does the rebuilt lexicon correlate with the given one?",
    value: `τ ${fixed(tau.value, 3)}`,
    range: `${brackets(interval(tau, 3))}, ${sample(tau)}`,
    control: `base model ${interval(kendallOf(probe, "base", "all")?.tau, 3)}`,
    verdict: difference ? zero(difference, `Tuned − base ${interval(difference, 3)}`) : "",
  };
}

/**
 * The paper's Figures 1 to 3, redrawn as steps with the run's numbers; steps that have not run are
 * left out.
 */
function flow(run: RunData): Html {
  const { tune, divergence, dictionaries, match, classify, score, triples, probe, ablate, frequency } = run.results;
  const tuned = <T extends { model: string }>(list: readonly T[] | undefined) =>
    list?.find(({ model }) => model === "tuned");
  const r = tuned(probe?.models);
  const tau = probe && kendallOf(probe, "tuned", "all")?.tau;
  const mmcs = (match?.pairs ?? []).filter(({ model }) => model === "tuned").map(({ mmcs }) => mmcs);
  const labelled = tuned(classify?.models);
  const worth = tuned(score?.models);
  const small = dictionaries?.dictionaries.find(({ size }) => size === "small");
  const large = dictionaries?.dictionaries.find(({ size }) => size === "large");
  const active = tuned(frequency?.models)?.related;
  const lanes: [title: string, steps: (Content | undefined)[]][] = [
    [
      "Tuning (Figure 3)",
      [
        step(modelName(run), "base model"),
        tune && step(`${whole(tune.batches)} batches`, `PPO, ${setting(run, "ppo.batchSize") ?? "–"} texts each`),
        tune && step(fixed(tune.reward.tuned.value), `reward, from ${fixed(tune.reward.base.value)}`),
        tune && step(`${fixed(tune.kl.value, 1)} nats`, "KL from the base model"),
      ],
    ],
    [
      "Features (Figure 2)",
      [
        divergence &&
          step(`${divergence.chosen.length} of ${divergence.layers.length}`, `layers: ${divergence.chosen.join(", ")}`),
        dictionaries &&
          step(
            whole(dictionaries.dictionaries.length),
            `dictionaries of ${whole(small?.dSae)} and ${whole(large?.dSae)} features`,
          ),
        mmcs.length > 0 && step(fixed(mean(mmcs)), "MMCS, small in large"),
        labelled && step(whole(labelled.explained), "features explained"),
        worth && worth.scored > 0 && step(fixed(worth.balancedAccuracy.value), "detection score of explanations"),
        labelled && step(whole(labelled.related), "features related to the reward"),
      ],
    ],
    [
      "Learned reward (Figure 1)",
      [
        triples && step(whole(triples.triples), "contrastive triples"),
        r && step(whole(r.inputs), "feature activations, inputs of R"),
        r && step(fixed(r.r2.leastSquares), "R² out of fold"),
        r && step(whole(r.words), "words rebuilt"),
        tau && step(fixed(tau.value, 3), "Kendall's tau with the lexicon"),
      ],
    ],
    [
      "Validation",
      [
        ablate && step(fixed(ablate.effect.value), "change of the reward by ablation"),
        active && active.n > 0 && step(percent(active.value), "labelled features active at high R"),
      ],
    ],
  ];
  return html`<div class="flow">${lanes.map(([title, steps]) => {
    const done = steps.filter((content) => content !== undefined && content !== false);
    return done.length > 0 && html`<div class="lane"><h4>${title}</h4><ol>${done}</ol></div>`;
  })}</div>`;
}

function step(value: string, label: string): Html {
  return html`<li><b>${value}</b><span>${label}</span></li>`;
}

function facts(run: RunData): Html {
  const { versions } = run.record;
  const list: [string, Content][] = [
    ["Model", setting(run, "model.base") ? modelName(run) : (setting(run, "model.name") ?? "–")],
    ["Reward", rewardInWords(run)],
    ["Corpus", corpusInWords(run)],
    ["Seed", `${setting(run, "seed") ?? "–"} (one run; intervals do not cover other seeds)`],
    ["Device", setting(run, "device") ?? "–"],
    [
      "Versions",
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", ") || "–",
    ],
  ];
  return html`<dl class="facts">${list.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function corpusInWords(run: RunData): string {
  const source = setting(run, "corpus.source") ?? "–";
  const { corpus, dictionaries } = run.results;
  const repeated = corpus?.repeatedRows ?? dictionaries?.repeatedRows;
  if (!repeated) return source;
  return `${source}, without ${whole(repeated)} ${repeated === 1 ? "row" : "rows"} whose text is used already`;
}

function rewardInWords(run: RunData): string {
  const of = setting(run, "reward.of") === "completion" ? "the completion" : "prompt and completion";
  const scale = setting(run, "reward.scale");
  const clip = setting(run, "reward.clip");
  const isSum = setting(run, "reward.name") === "vader" && scale && clip;
  return `${rewardName(run)} of ${of}${isSum ? `: sum / ${scale}, clipped at ±${clip}` : ""}`;
}

/** The report's own stage is still running, so it is left out. */
function stageTimes({ record }: RunData): Html | undefined {
  const stages = Object.entries(record.stages).filter(([name]) => name !== "report");
  if (stages.length === 0) return undefined;
  const total = stages.reduce((sum, [, { seconds = 0 }]) => sum + seconds, 0);
  return folded(
    `Time per stage: ${duration(total)} in total`,
    showTable({
      caption: "Stages",
      columns: [
        { label: "Stage", text: true },
        { label: "State", text: true },
        { label: "Time" },
        { label: "Share", text: true },
      ],
      rows: stages.map(([name, { status, seconds }]) => ({
        source: "run",
        cells: [
          name,
          status,
          seconds === undefined ? "–" : duration(seconds),
          html`<span class="bar" style="width:${fixed(total > 0 ? (100 * (seconds ?? 0)) / total : 0, 1)}%"></span>`,
        ],
      })),
    }),
  );
}
