/**
 * Stage: the divergence of each layer, and the choice of layers for later stages (paper, section
 * 4.2, Figure 4).
 */
import { join } from "node:path";
import { layerDivergence } from "../../compare/index.js";
import { writeJson } from "../../io/atomic.js";
import { withStoredPair } from "../inputs/models.js";
import type { Stage } from "../run/stage.js";

export const divergenceStage: Stage = {
  name: "divergence",
  title: "comparing parameters",
  needs: ["tune"],
  settings: ({ model, layers }) => ({ model, layers }),
  outputs: ["divergence.json"],
  async run({ config, folder, writeResults }) {
    const divergence = await withStoredPair(config, folder, ({ base, tuned }) =>
      layerDivergence(base, tuned, config.layers),
    );
    await writeJson(join(folder, "divergence.json"), divergence);
    await writeResults("divergence", divergence);
  },
};
