/** One step of a small and a large tied autoencoder: 8192 tokens of 512 dimensions, 512 and 1024 features, Adam and unit rows. */

import { Rng } from "../../src/rng.js";
import { sharedEngine } from "../../src/runtime/engine.js";
import { TrainingPrograms } from "../../src/sae/gradients/training-programs.js";
import { LayerTrainer } from "../../src/sae/layer-trainer.js";
import { serve } from "../worker.js";

const rng = Rng.fromSeed(1, "bench");
const kind = { name: "relu", l1Coef: 0.001 } as const;
const shapes = [512, 1024].map((dSae) => ({ name: `of${dSae}`, dIn: 512, dSae, tied: true, kind }));
const engine = sharedEngine();
const trainer = await LayerTrainer.create(new TrainingPrograms(engine), 0, shapes, {
  reconstruction: "mean",
});
await trainer.initialise(() => rng);
// The lower the bias, the fewer codes are not zero.
const bias = Number(process.argv[3]);
for (const { name, dSae } of shapes) await trainer.write(`${name}.encoderBias`, new Float32Array(dSae).fill(bias));
const x = { dims: [8192, 512], data: Float32Array.from({ length: 8192 * 512 }, () => rng.normal()) };
await serve(async () => {
  await trainer.step(x, 1e-6);
});
