/** Section: the explained features, in a list with filters. */

import { choiceOf } from "../../results/features.js";
import type { RunData } from "../../results/read-run.js";
import type { FeatureRecord, Interval } from "../../results/results.js";
import { fixed, interval, percent, pValue, signed, significant, whole } from "../format.js";
import { type Content, type Html, html } from "../html.js";
import { setting } from "../settings.js";
import { descriptionTables } from "../tables/descriptions.js";
import { classifiedTable, scoresTable, topicsTable } from "../tables/features.js";
import { showTable } from "../tables/table.js";
import { publishedDescriptionsTable } from "../tables/texts.js";
import { folded, notRun, type Section } from "./section.js";

/** Examples per feature; fewer for thousands of features, so that the page stays small. */
const MOST_EXAMPLES = 5;
const EXAMPLES_IN_ALL = 3500;
const FEATURES_WITH_LEVELS = 400;

export function featuresSection(run: RunData): Section {
  const { classify, score } = run.results;
  const features = [...run.features].sort(byInterest);
  const unnamed = features.filter(({ noPattern }) => noPattern).length;
  const tuned = classify?.models.find(({ model }) => model === "tuned");
  const base = classify?.models.find(({ model }) => model === "base");
  const worth = score?.models.find(({ model }) => model === "tuned");
  return {
    id: "features",
    title: "Features",
    lead: [
      tuned &&
        html`<b>${whole(tuned.related)} of ${whole(tuned.explained)}</b> explained features of the tuned model are labelled as related to the reward${base && html`, ${whole(base.related)} of ${whole(base.explained)} of the base model`}.${tuned.related === 0 && " None passed the test."} `,
      worth &&
        worth.scored > 0 &&
        html`Explanations of the tuned model's features predict on which excerpts they are active with a balanced accuracy of <b>${interval(worth.balancedAccuracy)}</b>; explanations of other features, the control, with ${interval(worth.control)}.`,
      unnamed > 0 &&
        html` <b>${whole(unnamed)} of ${whole(features.length)}</b> features of both models have no pattern and are listed last.`,
    ],
    body: [
      classify ? [showTable(classifiedTable(classify)), showTable(topicsTable(classify))] : notRun(run, "classify"),
      score ? showTable(scoresTable(score)) : notRun(run, "score"),
      features.length > 0 ? featureList(features, effectsAlone(run)) : notRun(run, "explain"),
      folded("The paper's descriptions", publishedDescriptions(run)),
    ],
  };
}

/** Includes the run's descriptions if it was tuned on the same kind of reward. */
function publishedDescriptions(run: RunData): Content {
  if (setting(run, "reward.name") !== "classifier") return showTable(publishedDescriptionsTable());
  const { five, all } = descriptionTables(run);
  return [showTable(five), showTable(all)];
}

/**
 * Change of the reward by ablating a single feature of the tuned model, by layer and feature, if it
 * was measured.
 */
type EffectsAlone = ReadonlyMap<string, Interval>;

function effectsAlone({ results }: RunData): EffectsAlone {
  return new Map(results.ablate?.eachFeature.map(({ layer, feature, effect }) => [`${layer} ${feature}`, effect]));
}

/** Whether a pattern was found, or an explanation given. */
const isNamed = ({ noPattern, failed }: FeatureRecord) => !noPattern && !failed;

/**
 * Features with a pattern before those without; tuned before base, related before unrelated, then
 * by detection score; features without score last, by what they were
 * chosen by.
 */
function byInterest(a: FeatureRecord, b: FeatureRecord): number {
  const rank = (feature: FeatureRecord) =>
    (isNamed(feature) ? 0 : 4) + (feature.model === "tuned" ? 0 : 2) + (feature.related ? 0 : 1);
  const worth = ({ scores }: FeatureRecord) => scores?.detection?.balancedAccuracy.value ?? 0;
  return rank(a) - rank(b) || worth(b) - worth(a) || choiceOf(b) - choiceOf(a);
}

/** Orders of the features; the first is that of the list. */
const orders = [
  ["listed", "related first"],
  ["association", "sentiment association"],
  ["detection", "detection"],
  ["choice", "highest cosine, or largest change"],
  ["density", "frequency"],
] as const;

function featureList(features: readonly FeatureRecord[], alone: EffectsAlone): Html {
  const layers = [...new Set(features.map(({ layer }) => layer))].sort((a, b) => a - b);
  const topics = [...new Set(features.flatMap(({ topics = [] }) => topics))].sort();
  const room = {
    examples: Math.max(1, Math.min(MOST_EXAMPLES, Math.floor(EXAMPLES_IN_ALL / features.length))),
    levels: features.length <= FEATURES_WITH_LEVELS,
  };
  const select = (name: string, label: string, options: [value: string, text: string][]) =>
    html`<label>${label} <select name="${name}"><option value="">all</option>${options.map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select></label>`;
  return html`<form class="filter" aria-label="Filter features">
${select("model", "Model", [
  ["tuned", "tuned"],
  ["base", "base"],
])}
${select(
  "layer",
  "Layer",
  layers.map((layer) => [String(layer), String(layer)]),
)}
${select("related", "Label", [
  ["yes", "related"],
  ["no", "not related"],
])}
${
  topics.length > 0 &&
  select(
    "topic",
    "Topic",
    topics.map((topic) => [topic, topic]),
  )
}
<label>Order <select name="order">${orders.map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select></label>
<label class="search">Words <input type="search" name="words" placeholder="in explanation or examples" autocomplete="off"></label>
<span class="steps" hidden><button type="button" name="previous">previous</button><button type="button" name="next">next</button><button type="button" name="random">random</button></span>
<output aria-live="polite">${whole(features.length)} features</output></form>
<p class="note">Order: tuned before base, related before unrelated, then by detection; features without a pattern last. Filled: the label; outlined: topics, the strongest first. Detection: balanced accuracy of the explanation on other texts; after the slash that of another feature's explanation. Also at: where it is active besides, on average less. Promotes: the tokens whose logits the feature raises most (logit lens). Shades: activation in tenths of the feature's highest.</p>
<ol class="features">${features.map((feature) => card(feature, room, alone))}</ol>
<button type="button" class="more" hidden>Show more</button>`;
}

/** The content of a card, which is shorter for thousands of features. */
interface Room {
  examples: number;
  levels: boolean;
}

function card(feature: FeatureRecord, { examples, levels }: Room, alone: EffectsAlone): Html {
  const { model, layer, related, explanation, reason, topics = [], scores } = feature;
  const label = related === undefined ? "not labelled" : related ? "related" : "not related";
  const detection = scores?.detection;
  const [first, ...others] = feature.examples.slice(0, examples);
  const id = `feature-${model}-${layer}-${feature.feature}`;
  const effect = model === "tuned" ? alone.get(`${layer} ${feature.feature}`) : undefined;
  const listed = numbers(feature, levels);
  if (effect) listed.push(["Change of the reward by ablating only this feature", interval(effect)]);
  return html`<li class="feature" id="${id}" data-detection="${detection?.balancedAccuracy.value}" data-choice="${choiceOf(feature)}" data-density="${feature.density}" data-association="${scores?.sentimentAssociation === undefined ? undefined : Math.abs(scores.sentimentAssociation)}" data-model="${model}" data-layer="${layer}" data-related="${related ? "yes" : "no"}" data-topics="${topics.join("|")}">
<header><span class="model ${model}">${model}</span> <a href="#${id}"><b>Layer ${layer}, feature ${feature.feature}</b></a> <span class="label ${related ? "related" : "unrelated"}">${label}</span>${topics.map((topic) => html` <span class="label">${topic}</span>`)}${detection && html` <span class="detection">detection ${fixed(detection.balancedAccuracy.value)}${detection.control && html` / ${fixed(detection.control.value)}`}</span>`}</header>
<p class="explanation">${explanation}</p>
${first && heat(first, feature.maxActivation)}
<details><summary>${others.length > 0 ? `${others.length} more examples and numbers` : "Numbers"}</summary>
${others.map((example) => heat(example, feature.maxActivation))}
${levels && feature.atLevels?.map((example) => html`<p class="note">${percent(example.level, 0)} of the highest activation</p>${heat(example, feature.maxActivation)}`)}
${reason && html`<p class="note">${reason}.</p>`}
<dl class="numbers">${listed.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></details></li>
`;
}

function chosenBy({ cosine, partner, means }: FeatureRecord): [string, Content] {
  if (means) return ["Mean activation, base and tuned", `${significant(means.base)}, ${significant(means.tuned)}`];
  return ["Highest cosine", `${fixed(cosine, 3)} (feature ${partner})`];
}

function numbers(feature: FeatureRecord, roomy: boolean): [string, Content][] {
  const { scores = {}, topTokens, topics = [] } = feature;
  const { pattern } = feature;
  const { sentimentAssociation, pValue: p, qValue, detection } = scores;
  const list: [string, Content][] = [
    chosenBy(feature),
    ["Active at", `${percent(feature.density, 2)} of tokens`],
    [
      "Activation: highest, mean when active",
      `${significant(feature.maxActivation)}, ${significant(feature.meanWhenActive)}`,
    ],
  ];
  if (pattern)
    list.push([
      "Pattern",
      `balanced accuracy ${fixed(pattern.score)}: it holds at ${percent(pattern.covers, 0)} of the feature's ${pattern.highestOnly ? "twenty highest activations" : "strongest places"} and at ${percent(pattern.breadth, 1)} of all tokens`,
    ]);
  if (sentimentAssociation !== undefined) {
    list.push(["Sentiment association", `${fixed(sentimentAssociation, 3)}, p ${pValue(p)}, q ${pValue(qValue)}`]);
  }
  if (detection) {
    const { balancedAccuracy, control, positives, negatives } = detection;
    list.push(
      [
        "Detection",
        `${interval(balancedAccuracy)}, ${whole(positives)} active and ${whole(negatives)} inactive excerpts`,
      ],
      ["... by another feature's explanation", interval(control)],
    );
  }
  const { fuzzing, simulation } = scores;
  if (fuzzing)
    list.push(["Fuzzing, own and another feature's explanation", own(fuzzing.balancedAccuracy, fuzzing.control)]);
  if (simulation)
    list.push(["Simulation, own and another feature's explanation", own(simulation.correlation, simulation.control)]);
  const labelled = topics.flatMap((topic) => scores.topics?.find((score) => score.topic === topic) ?? []);
  if (labelled.length > 0) {
    const shown = labelled.map(
      ({ topic, association, qValue }) => `${topic} ${fixed(association, 3)}, q ${pValue(qValue)}`,
    );
    list.push(["Topic association", shown.join("; ")]);
  }
  const { inOtherModel, promoted, suppressed, histogram } = feature;
  const other = feature.model === "tuned" ? "base" : "tuned";
  if (inOtherModel) {
    const id = `feature-${other}-${feature.layer}-${inOtherModel.feature}`;
    list.push([
      `Nearest in the ${other} model`,
      html`<a href="#${id}">feature ${inOtherModel.feature}</a>, cosine ${fixed(inOtherModel.cosine, 3)}`,
    ]);
  }
  const tokens = (listed: NonNullable<FeatureRecord["promoted"]>) =>
    listed
      .slice(0, roomy ? 10 : 5)
      .map(({ token, logit }, i) => [i > 0 && ", ", html`<code>${shownToken(token)}</code> ${signed(logit)}`]);
  if (promoted && suppressed && roomy) list.push(["Promotes", tokens(promoted)], ["Suppresses", tokens(suppressed)]);
  if (histogram && roomy) list.push(["Activations, in tenths of the highest", bars(histogram)]);
  const top = topTokens.slice(0, 8);
  list.push([
    "Share of its activation",
    top.map(({ token, share }, i) => [i > 0 && ", ", html`<code>${shownToken(token)}</code> ${percent(share, 0)}`]),
  ]);
  return list;
}

/** Shares as small columns, on a logarithmic scale since most activations are weak. */
function bars(shares: readonly number[]): Html {
  const heights = shares.map((share) => (share > 0 ? Math.max(0.06, 1 + Math.log10(share) / 4) : 0));
  const named = shares.map((share) => percent(share, 0)).join(", ");
  const columns = heights.map((height, i) => `M${10 * i + 1} 24v-${Math.round(24 * height)}h8V24z`).join("");
  return html`<svg class="bars" viewBox="0 0 100 24" width="100" height="24" role="img" aria-label="${named}"><title>${named}</title><path d="${columns}"/></svg>`;
}

const own = (value: Interval, control?: Interval) => `${interval(value)} / ${interval(control)}`;

/** Tokens shaded by activation in steps of 0 to 10, the scale of the paper's explainer. */
function heat(
  { tokens, activations }: Pick<FeatureRecord["examples"][number], "tokens" | "activations">,
  max: number,
): Html {
  const peak = activations.indexOf(Math.max(...activations));
  const [first = "", ...rest] = tokens;
  return html`<p class="heat">${[first.trimStart(), ...rest].map((token, i) => {
    const level = max > 0 ? Math.min(10, Math.ceil((10 * activations[i]) / max)) : 0;
    if (!(level > 0)) return shownToken(token);
    const word = token.trimStart();
    const space = token.slice(0, token.length - word.length);
    if (word === "") return html`<i class="h${level}">${shownToken(token)}</i>`;
    return html`${shownToken(space)}<i class="h${level}${i === peak && " peak"}" title="${significant(activations[i])}">${shownToken(word)}</i>`;
  })}</p>`;
}

/** Line breaks and tabs as symbols, so that an example is one paragraph. */
function shownToken(token: string): string {
  return token.replace(/\n/g, "↵").replace(/\t/g, "⇥");
}
