/**
 * Export of the explained features as an import bundle of Neuronpedia: per dictionary the rows of
 * the tables of its database as JSON Lines, large ones gzipped, below `MODEL/SOURCE` as in its
 * bucket of exports. All rows of a file have the same keys, each of them a column: its importer takes
 * the columns from the first row, and refuses a row of a small table with a key that is no column or
 * without one that has no default.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256Text } from "../io/hash.js";
import { writeJsonl } from "../io/jsonl.js";
import { mlpHookPoint } from "../model/hook-points.js";
import { type DashboardBatch, type Dashboards, dashboardBatches, setName } from "./saedashboard.js";

const CREATOR = "rewardscope";

/**
 * The user to whom rows belong. It must exist in the database; this one is made with the database,
 * and activations of most other users are not shown.
 */
const CREATOR_ID = "clkht01d40000jv08hvalcvly";

/** Rows of releases, models, sets and sources are private unless they say otherwise. */
const VISIBILITY = "PUBLIC";

/** An id of 25 characters that depends only on what it names. */
const idOf = (...names: (string | number)[]): string => `c${sha256Text(names.join("\0")).slice(0, 24)}`;

/** A model's id in addresses: the last part of its name or folder, in lower case. */
function modelIdOf(name: string): string {
  const parts = name.split(/[\\/]/).filter((part) => part !== "");
  return (parts.at(-1) ?? name).toLowerCase().replace(/[^a-z0-9._-]+/g, "-");
}

/** A row whose texts are without U+0000, which the importer's database refuses. */
const clean = <Row extends object>(row: Row): Row =>
  JSON.parse(JSON.stringify(row, (_, value) => (typeof value === "string" ? value.replaceAll("\0", "") : value)));

/** What the tables of one dictionary say of themselves. */
interface Names {
  readonly model: string;
  readonly set: string;
  readonly source: string;
  readonly hook: string;
  readonly createdAt: string;
}

/** The one row of each of the four small tables. */
function descriptions(names: Names, { base, layers, dataset }: Dashboards, batch: DashboardBatch) {
  const { model, set, source, createdAt } = names;
  const common = { creatorId: CREATOR_ID, visibility: VISIBILITY, createdAt };
  return {
    release: {
      name: CREATOR,
      description: "Features explained by rewardscope",
      creatorName: CREATOR,
      urls: [],
      ...common,
    },
    model: {
      id: model,
      displayName: base,
      layers,
      // Neurons of the model have no pages, only features of dictionaries have.
      neuronsPerLayer: 0,
      dimension: batch.features[0].vector.length,
      owner: CREATOR,
      ...common,
    },
    sourceset: {
      modelId: model,
      name: set,
      description: `MLP output of the ${batch.role} model, ${batch.dSae} features`,
      creatorName: CREATOR,
      urls: [],
      releaseName: CREATOR,
      ...common,
    },
    source: { id: source, modelId: model, setName: set, dataset, ...common },
  };
}

/** Rows of features, their excerpts and their explanations, one file of each. */
function featureTables({ model, set, source, hook, createdAt }: Names, { features, records }: DashboardBatch) {
  const own = { modelId: model, layer: source };
  return {
    features: features.map(
      // The texts' source is a column of the dictionary's table; numbers of prompts are none at all.
      ({ feature_index, activations: _, n_prompts_total, n_tokens_in_prompt, dataset, ...fields }, i) => ({
        ...own,
        index: String(feature_index),
        sourceSetName: set,
        creatorId: CREATOR_ID,
        createdAt,
        maxActApprox: records[i].maxActivation,
        hasVector: true,
        vectorDefaultSteerStrength: records[i].maxActivation,
        hookName: hook,
        ...fields,
      }),
    ),
    activations: features.flatMap(({ feature_index, activations }) =>
      activations.map(({ tokens, values, bin_min, bin_max, qualifying_token_index }, i) => ({
        id: idOf(model, source, feature_index, "activation", i),
        tokens,
        values,
        maxValue: Math.max(...values),
        maxValueTokenIndex: qualifying_token_index,
        minValue: Math.min(...values),
        ...own,
        index: String(feature_index),
        binMin: bin_min,
        binMax: bin_max,
        // A share from 0 to 1, which a run does not keep.
        binContains: null,
        qualifyingTokenIndex: qualifying_token_index,
        dfaValues: [],
        lossValues: [],
        creatorId: CREATOR_ID,
        createdAt,
      })),
    ),
    explanations: records.map(({ feature, explanation, explainer }) => ({
      id: idOf(model, source, feature, "explanation"),
      ...own,
      index: String(feature),
      description: explanation,
      authorId: CREATOR_ID,
      // Both must be names that the database has; ours are none of them.
      typeName: null,
      explanationModelName: null,
      notes: `rewardscope: ${explainer}`,
      createdAt,
    })),
  };
}

/** @throws FormatError when no feature is explained yet */
export async function writeNeuronpedia(run: string, folder: string): Promise<void> {
  const dashboards = await dashboardBatches(run);
  const model = modelIdOf(dashboards.base);
  for (const batch of dashboards.batches) {
    const set = setName(batch.role);
    const source = `${batch.layer}-${set}`;
    const names = { model, set, source, hook: mlpHookPoint(batch.layer), createdAt: dashboards.explainedAt };
    const at = join(folder, model, source);
    await mkdir(at, { recursive: true });
    for (const [table, row] of Object.entries(descriptions(names, dashboards, batch)))
      await writeJsonl(join(at, `${table}.jsonl`), [row]);
    for (const [table, rows] of Object.entries(featureTables(names, batch))) {
      await mkdir(join(at, table));
      await writeJsonl(join(at, table, "batch-0.jsonl.gz"), (rows as readonly object[]).map(clean));
    }
  }
}
