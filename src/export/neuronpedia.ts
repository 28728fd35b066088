/**
 * Export of the explained features as an import bundle of Neuronpedia: per dictionary the rows of its
 * tables as JSON Lines, large ones gzipped. All rows of a file have the same keys.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256Text } from "../io/hash.js";
import { writeJsonl } from "../io/jsonl.js";
import { mlpHookPoint } from "../model/hook-points.js";
import { dashboardBatches, setName } from "./saedashboard.js";

const CREATOR = "rewardscope";

/** An id of 25 characters that depends only on what it names. */
const idOf = (...names: (string | number)[]): string => `c${sha256Text(names.join("\0")).slice(0, 24)}`;

/** A row whose texts are without U+0000, which the importer's database refuses. */
const clean = <Row extends object>(row: Row): Row =>
  JSON.parse(JSON.stringify(row, (_, value) => (typeof value === "string" ? value.replaceAll("\0", "") : value)));

/** @throws FormatError when no feature is explained yet */
export async function writeNeuronpedia(run: string, folder: string): Promise<void> {
  const { base, explainedAt: createdAt, batches } = await dashboardBatches(run);
  for (const { role, layer, records, features } of batches) {
    const set = setName(role);
    const source = `${layer}-${set}`;
    const hook = mlpHookPoint(layer);
    const at = join(folder, source);
    for (const inner of ["features", "activations", "explanations"]) await mkdir(join(at, inner), { recursive: true });
    const own = { modelId: base, layer: source };
    const release = {
      name: CREATOR,
      description: "Features explained by rewardscope",
      creatorName: CREATOR,
      createdAt,
    };
    await writeJsonl(join(at, "release.jsonl"), [release]);
    await writeJsonl(join(at, "model.jsonl"), [{ id: base, displayName: base, creatorId: CREATOR, createdAt }]);
    await writeJsonl(join(at, "sourceset.jsonl"), [{ modelId: base, name: set, creatorId: CREATOR, createdAt }]);
    await writeJsonl(join(at, "source.jsonl"), [
      { id: source, modelId: base, setName: set, creatorId: CREATOR, hookName: hook, createdAt },
    ]);
    await writeJsonl(
      join(at, "features", "batch-0.jsonl.gz"),
      features
        .map(({ feature_index, activations: _, ...fields }, i) => ({
          ...own,
          index: String(feature_index),
          creatorId: CREATOR,
          createdAt,
          maxActApprox: records[i].maxActivation,
          hasVector: true,
          vectorDefaultSteerStrength: records[i].maxActivation,
          hookName: hook,
          ...fields,
        }))
        .map(clean),
    );
    await writeJsonl(
      join(at, "activations", "batch-0.jsonl.gz"),
      features
        .flatMap(({ feature_index, activations }) =>
          activations.map(({ tokens, values, bin_min, bin_max, bin_contains, qualifying_token_index }, i) => ({
            id: idOf(base, source, feature_index, "activation", i),
            tokens,
            values,
            maxValue: Math.max(...values),
            maxValueTokenIndex: qualifying_token_index,
            minValue: Math.min(...values),
            ...own,
            index: String(feature_index),
            binMin: bin_min,
            binMax: bin_max,
            binContains: bin_contains,
            qualifyingTokenIndex: qualifying_token_index,
            dfaValues: [],
            lossValues: [],
            creatorId: CREATOR,
            createdAt,
          })),
        )
        .map(clean),
    );
    await writeJsonl(
      join(at, "explanations", "batch-0.jsonl.gz"),
      records
        .map(({ feature, explanation, explainer }) => ({
          id: idOf(base, source, feature, "explanation"),
          ...own,
          index: String(feature),
          description: explanation,
          authorId: CREATOR,
          typeName: explainer,
          explanationModelName: explainer,
          notes: "",
          createdAt,
        }))
        .map(clean),
    );
  }
}
