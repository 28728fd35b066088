/**
 * Tables: labels of features, their topics, and scores of their explanations (paper, section 4.4
 * and Appendix F).
 */

import { appendixF } from "../../paper/published.js";
import type { ClassifyResults, ModelRole, ScoreResults } from "../../results/results.js";
import { fixed, interval, sample, whole } from "../format.js";
import { html } from "../html.js";
import { controlHead, ownHead, type Row, type Table } from "./table.js";

const byModel = <T extends { model: ModelRole }>(models: readonly T[]): T[] =>
  [...models].sort((a) => (a.model === "tuned" ? -1 : 1));

const ofAll = (count: number | undefined, all: number | undefined) =>
  count === undefined ? "–" : `${whole(count)} of ${whole(all)}`;

const modelColumns = (models: readonly { model: ModelRole }[]) =>
  models.map(({ model }) => ({ label: model === "tuned" ? "Tuned" : "Base (control)" }));

/** Whether labels come from a statistical test rather than from answers of a language model. */
const isTested = ({ explainer }: Pick<ClassifyResults, "explainer">) => explainer === "rule";

export function classifiedTable({ models, criterion, explainer }: ClassifyResults): Table {
  const layers = [...new Set(models.flatMap(({ byLayer }) => byLayer.map(({ layer }) => layer)))].sort((a, b) => a - b);
  const ordered = byModel(models);
  const tests = models.reduce((sum, { explained }) => sum + explained, 0);
  const none = models.every(({ related }) => related === 0);
  const unanswered = models.reduce((sum, model) => sum + (model.unanswered ?? 0), 0);
  const note = isTested({ explainer })
    ? `${none ? "No feature of either model passed the test. " : ""}Explainer: ${explainer}. Label: ${criterion} (${whole(tests)}, of both models together). Texts that an explanation was made from are left out of the feature's test.`
    : `Explainer: ${explainer}. Label: ${criterion}, to the question whether the feature is related to the reward.${unanswered > 0 ? ` ${whole(unanswered)} features had no usable answer and count as not related.` : ""}`;
  const share = (counts?: { explained: number; related: number }) => ofAll(counts?.related, counts?.explained);
  return {
    caption: "Features labelled as related to the reward",
    columns: [{ label: "Layer", text: true }, ...modelColumns(ordered)],
    rows: [
      ...layers.map((layer) => ({
        source: "run" as const,
        cells: [`Layer ${layer}`, ...ordered.map(({ byLayer }) => share(byLayer.find((row) => row.layer === layer)))],
      })),
      { source: "run", cells: ["All layers", ...ordered.map(share)] },
    ],
    note: `${note}`,
  };
}

export function topicsTable({ models, criterion, explainer }: ClassifyResults): Table {
  const ordered = byModel(models);
  const topics = ordered[0]?.topics.map(({ topic }) => topic) ?? [];
  const { tuned, base } = appendixF.movieOpinion;
  const published = { tuned: ofAll(tuned, appendixF.features), base: ofAll(base, appendixF.features) };
  return {
    caption: "Features by topic",
    paper: "Appendix F",
    columns: [{ label: "Topic", text: true }, ...modelColumns(ordered)],
    rows: topics.flatMap((topic): Row[] => {
      const counts = ordered.map(({ topics, explained }) =>
        ofAll(topics.find((row) => row.topic === topic)?.features, explained),
      );
      const own: Row = { source: "run", cells: [ownHead(topic), ...counts] };
      if (topic !== "movie opinion") return [own];
      const paper: Row = {
        source: "published",
        cells: [
          html`Descriptions that mention opinions on films, Pythia-70m <span class="source">paper</span>`,
          ...ordered.map(({ model }) => published[model]),
        ],
      };
      return [paper, own];
    }),
    note: !isTested({ explainer })
      ? `A feature is about opinions on films if its description mentions them: ${criterion}. The paper counts GPT-4's descriptions of the ten best matched features of five layers, under the classifier reward.`
      : `A feature is about a topic if it is active on the topic's words more than by chance: ${criterion}, tested for each topic separately. A feature may have several topics or none, independent of its label. Film, evaluation, people, story and function words are short lists of words; movie opinion: words of film and evaluation at most eight tokens apart. The paper counts GPT-4's descriptions of the ten best matched features of five layers, under the classifier reward.`,
  };
}

/** All scores of explanations, with those of other features' explanations as control. */
export function scoresTable({ models, fuzzing, simulation, excerptTokens, simulatedTokens }: ScoreResults): Table {
  const kinds = [
    {
      name: "detection",
      rows: models.map(({ balancedAccuracy, ...row }) => ({ ...row, own: balancedAccuracy })),
    },
    { name: "fuzzing", rows: fuzzing.map(({ balancedAccuracy, ...row }) => ({ ...row, own: balancedAccuracy })) },
    { name: "simulation", rows: simulation.map(({ correlation, ...row }) => ({ ...row, own: correlation })) },
  ];
  return {
    caption: "Scores of explanations: detection, fuzzing and simulation",
    columns: [
      { label: "Score", text: true },
      { label: "Own explanation" },
      { label: "Another feature's explanation" },
      { label: "Difference" },
      { label: "n" },
      { label: "Not scored" },
    ],
    rows: kinds.flatMap(({ name, rows }) =>
      byModel(rows).map(
        ({ model, own, control, difference, explained, scored }): Row => ({
          source: model === "tuned" ? "run" : "control",
          cells: [
            model === "tuned" ? ownHead(`Tuned model, ${name}`) : controlHead(`Base model, ${name}`),
            interval(own, 3),
            interval(control, 3),
            interval(difference, 3),
            sample(own),
            whole(explained - scored),
          ],
        }),
      ),
    ),
    note: `The explainer predicts activations only from the explanation, on texts that no explanation was made from. Detection, balanced accuracy (${fixed(0.5, 1)} is chance): whether the feature is active on excerpts of ${excerptTokens} tokens, up to 50 active ones (five from each tenth of its highest activation) and 50 random inactive ones. Fuzzing, balanced accuracy: whether the feature is active at the marked tokens of excerpts; half are marked correctly, half at the same number of inactive tokens. Simulation, correlation (0 is chance): the level of activation from 0 to 10 at each token of ten excerpts of ${simulatedTokens} tokens, the five of highest activation and five random ones. Control: the same excerpts predicted from the explanation of a random other feature of the layer. Not scored: fewer than ten excerpts of a kind, for simulation a feature that is active in fewer than five, or no usable answer.`,
  };
}
