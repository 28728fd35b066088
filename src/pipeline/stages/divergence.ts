/**
 * Stage: the divergence of each layer, and the choice of layers for later stages (paper, section
 * 4.2, Figure 4).
 */
import { join } from "node:path";
import { layerDivergence } from "../../compare/index.js";
import { givenLayers } from "../../config/given-dictionaries.js";
import { writeJson } from "../../io/atomic.js";
import { withStoredPair } from "../inputs/models.js";
import type { Stage } from "../run/stage.js";

export const divergenceStage: Stage = {
  name: "divergence",
  title: "comparing parameters",
  needs: ["tune"],
  settings: (config) => ({ model: config.model, layers: config.layers, given: givenLayers(config) }),
  outputs: ["divergence.json"],
  async run({ config, folder, writeResults }) {
    const measured = await withStoredPair(config, folder, ({ base, tuned }) =>
      layerDivergence(base, tuned, config.layers),
    );
    const divergence = { ...measured, chosen: givenLayers(config) ?? measured.chosen };
    await writeJson(join(folder, "divergence.json"), divergence);
    await writeResults("divergence", divergence);
  },
};
