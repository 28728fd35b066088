/** Stage: matches features of the small and the large dictionary of a layer (paper, Eq. 2). */
import { matchDictionaries, nearestFeatures } from "../../compare/index.js";
import { hasTwoSizes } from "../../config/given-dictionaries.js";
import type { MatchResults } from "../../results/results.js";
import { loadAutoencoder } from "../../sae/index.js";
import { modelRoles } from "../inputs/models.js";
import type { Stage } from "../run/stage.js";
import { dictionaryFolder, dictionarySizes } from "./files/dictionary-files.js";

export const matchStage: Stage = {
  name: "match",
  title: "matching dictionaries",
  needs: ["divergence", "dictionaries"],
  applies: hasTwoSizes,
  settings: ({ features, dictionaries }) => ({ topK: features.topK, matching: dictionaries.matching }),
  outputs: [],
  requires: ({ features: { topK }, dictionaries: { smallFactor, from } }) => ({
    ofModel({ dModel }) {
      if (from) return {};
      const dSae = Math.round(dModel * smallFactor);
      const note = `features.topK is ${topK}, the small dictionaries have ${dSae} features: all are explained`;
      return { notes: topK > dSae ? [note] : [] };
    },
  }),
  async run({ config, folder, results, rng, progress, signal, writeResults }) {
    const layers = results.divergence!.chosen;
    const pairs: MatchResults["pairs"] = [];
    progress.start(2 * layers.length, "pairs");
    for (const model of modelRoles)
      for (const layer of layers) {
        signal.throwIfAborted();
        const [small, large] = await Promise.all([
          loadAutoencoder(dictionaryFolder(folder, model, layer, "small")),
          loadAutoencoder(dictionaryFolder(folder, model, layer, "large")),
        ]);
        const topK = Math.min(config.features.topK, small.dSae);
        const { mmcs, randomMmcs, cosines, top } = matchDictionaries(small, large, {
          topK,
          matching: config.dictionaries.matching,
          rng: rng(`${model} ${layer}`),
        });
        pairs.push({ model, layer, mmcs, randomMmcs, cosines, top });
        progress.update(pairs.length);
      }
    const between: MatchResults["between"] = [];
    for (const layer of layers) {
      signal.throwIfAborted();
      const dictionaries = await Promise.all(
        modelRoles.flatMap((model) =>
          dictionarySizes.map(async (size) => ({
            name: `${model} ${size}` as const,
            dictionary: await loadAutoencoder(dictionaryFolder(folder, model, layer, size)),
          })),
        ),
      );
      for (const from of dictionaries)
        for (const to of dictionaries)
          if (from !== to)
            between.push({
              layer,
              from: from.name,
              to: to.name,
              mmcs: nearestFeatures(from.dictionary, to.dictionary).mmcs,
            });
    }
    progress.end();
    const { matching } = config.dictionaries;
    await writeResults("match", {
      topK: config.features.topK,
      ...(matching !== "best" && { matching }),
      pairs,
      between,
    });
  },
};
