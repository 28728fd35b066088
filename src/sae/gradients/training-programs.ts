/** The programs of autoencoders in training, each loaded once for all layers. */
import type { Graph } from "../../graph/builder.js";
import type { Engine, Program } from "../../runtime/engine.js";
import { paddedWidth } from "../../runtime/sparse/padded-width.js";
import {
  type AutoencoderShape,
  type DeadFeatures,
  graphKey,
  preActivationGraph,
  trainingGraph,
} from "../autoencoder-graph.js";

export class TrainingPrograms {
  private readonly programs = new Map<string, Promise<Program>>();
  constructor(readonly engine: Engine) {}

  /** `trainingGraph` of autoencoders on the same activations. */
  dense(shapes: readonly AutoencoderShape[], dead: DeadFeatures): Promise<Program> {
    return this.program(`${dead} ${shapes.map(graphKey).join()}`, () => trainingGraph(shapes, dead));
  }

  /** `preActivationGraph`, for rows of `paddedWidth`. */
  preActivations({ dIn, dSae }: AutoencoderShape): Promise<Program> {
    const width = paddedWidth(dIn);
    return this.program(`${width} ${dSae}`, () => preActivationGraph({ dIn: width, dSae }));
  }

  private program(key: string, build: () => Graph): Promise<Program> {
    const program = this.programs.get(key) ?? this.engine.load(build());
    this.programs.set(key, program);
    return program;
  }

  /** Frees all of them. */
  async drop(): Promise<void> {
    for (const program of this.programs.values()) await (await program).drop();
  }
}
