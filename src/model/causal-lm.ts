/** A causal language model on the engine: parameters in a store, programs made on first use. */
import { RewardscopeError, ShapeError } from "../errors.js";
import { Graph } from "../graph/builder.js";
import type { Value } from "../graph/value.js";
import type { Engine, Program } from "../runtime/engine.js";
import { parameterInputs } from "../runtime/parameter-inputs.js";
import type { ParameterStore } from "../runtime/parameter-store.js";
import type { TensorLayout } from "../runtime/protocol.js";
import type { FloatTensor, Tensor } from "../runtime/tensor.js";
import { type Architecture, type EngineModel, passInputs } from "./architectures/architecture.js";
import { intTensor, lastRows, padLeft, passFeeds } from "./batch.js";
import { applyEdits, editFeeds, editsKey, type PlacedEdit, placeEdits } from "./edits.js";
import { generate } from "./generate.js";
import { findHookPoint, type HookPoint, hookPointName, lastHookPoint, sameHookPoint } from "./hook-points.js";
import type {
  ForwardInput,
  ForwardOptions,
  ForwardResult,
  GenerateOptions,
  LanguageModel,
  LogProbsOptions,
  ModelConfig,
} from "./language-model.js";
import { pieces, statesOfPiece, statesProgram, textsAtOnce } from "./logits-at-once.js";

/** A causal language model whose graphs run in an engine. */
export class CausalLm implements LanguageModel, EngineModel {
  private readonly programs = new Map<string, Promise<Program>>();
  readonly parameterNames: readonly string[];

  constructor(
    readonly engine: Engine,
    readonly architecture: Architecture,
    readonly config: ModelConfig,
    private currentStore: ParameterStore,
  ) {
    this.parameterNames = architecture.layout(config).map(({ name }) => name);
  }

  /** The store of the parameters; a trainer's store may have further ones. */
  get store(): ParameterStore {
    return this.currentStore;
  }

  /**
   * Moves the parameters into a store with gradients and Adam moments, and with further parameters,
   * initially zero.
   */
  async makeTrainable(further: readonly TensorLayout[] = []): Promise<void> {
    const before = this.currentStore;
    const store = await this.engine.createStore([...this.architecture.layout(this.config), ...further], {
      trainable: true,
    });
    await store.copyFrom(before);
    this.currentStore = store;
    // They may hold the parameters of the store before.
    await this.dropPrograms();
    await before.drop();
  }

  async parameter(name: string): Promise<FloatTensor> {
    if (!this.parameterNames.includes(name))
      throw new RewardscopeError("INVALID_INPUT", `the model has no parameter ${name}`, {
        help: "parameterNames lists them",
      });
    return this.store.read(name);
  }

  /** See `EngineModel.program`. */
  program(key: string, build: () => Graph, { atRest = false } = {}): Promise<Program> {
    let program = this.programs.get(key);
    if (!program) {
      program = this.engine.load(build(), { atRest: atRest ? this.store : undefined });
      this.programs.set(key, program);
    }
    return program;
  }

  /** One pass over a batch of texts: logits, and the activations at the hook points asked for. */
  async forward(input: ForwardInput, options: ForwardOptions = {}): Promise<ForwardResult> {
    const { hooks = [], edits = [], logits = "all", alternatives, signal } = options;
    const { batch, length, ids, mask } = padLeft(input, this.config, alternatives);
    const placed = placeEdits(edits, this.config);
    const points = hooks.map((hook) => findHookPoint(hook, this.config.nLayers));
    const noLogits: FloatTensor = { dims: [batch, 0, this.config.vocabSize], data: new Float32Array(0) };
    if (logits === "none" && hooks.length === 0) return { logits: noLogits, hooks: {} };
    const key = `forward ${logits} [${hooks}] ${editsKey(placed)}`;
    const program = await this.program(key, () => this.forwardGraph(placed, points, logits));
    const feeds = { ...passFeeds(batch, length, ids, mask, { alternatives }), ...editFeeds(edits) };
    if (logits === "last") Object.assign(feeds, { rows: lastRows(batch, length) });
    const fetch = [...(logits === "none" ? [] : ["logits"]), ...hooks];
    const results = await program.run({ feeds, stores: [this.store], fetch, signal });
    return {
      logits: (results.logits as FloatTensor | undefined) ?? noLogits,
      hooks: Object.fromEntries(hooks.map((hook) => [hook, results[hook] as FloatTensor])),
    };
  }

  private forwardGraph(
    placed: readonly PlacedEdit[],
    points: readonly HookPoint[],
    logits: ForwardOptions["logits"],
  ): Graph {
    const g = new Graph(`forward of ${this.config.modelType}`);
    const parameter = parameterInputs(g, this.store.layout);
    const states = this.architecture.hidden(g, this.config, parameter, passInputs(g), {
      at: (point, value) => {
        const edited = applyEdits(g, placed, point, value);
        if (points.some((read) => sameHookPoint(read, point))) g.output(hookPointName(point), edited);
        return edited;
      },
      last: logits === "none" ? lastHookPoint(points) : undefined,
    });
    if (logits === "all") g.output("logits", this.architecture.unembed(g, this.config, parameter, states));
    if (logits === "last") {
      // [batch * length, dModel] -> the last position of each row -> [batch, 1, dModel]
      const last = g.gather(g.flatten(states), g.input("rows", ["batch"], "int64"));
      g.output("logits", this.architecture.unembed(g, this.config, parameter, g.unsqueeze(last, 1)));
    }
    return g;
  }

  async logProbs(input: ForwardInput, options: LogProbsOptions = {}): Promise<FloatTensor> {
    const { edits = [], given, signal } = options;
    const { batch, length, ids, mask } = padLeft(input, this.config);
    checkGiven(given, batch);
    const placed = placeEdits(edits, this.config);
    const result = new Float32Array(batch * (length - 1));
    const asked = length - Math.min(...(given ?? [0]));
    const rowsAtOnce = textsAtOnce(length, asked, this.config.vocabSize);
    for (let start = 0; start < batch; start += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, batch - start);
      const [partIds, partMask] = [ids, mask].map((all) => all.subarray(start * length, (start + count) * length));
      const rows: number[] = [];
      const targets: number[] = [];
      for (let row = 0; row < count; row++) {
        const padding = length - input.inputIds[start + row].length;
        for (let t = padding + Math.max(0, (given?.[start + row] ?? 0) - 1); t + 1 < length; t++)
          if (partMask[row * length + t] && partMask[row * length + t + 1]) {
            rows.push(row * length + t);
            targets.push(partIds[row * length + t + 1]);
          }
      }
      if (rows.length === 0) continue;
      const feeds = {
        ...passFeeds(count, length, partIds as Int32Array, partMask as Uint8Array),
        ...editFeeds(edits),
        rows: intTensor([rows.length], rows),
      };
      const logProbs = await this.logProbsOf(placed, feeds, targets, signal);
      rows.forEach((flat, i) => {
        const row = Math.floor(flat / length);
        result[(start + row) * (length - 1) + (flat % length)] = logProbs[i];
      });
    }
    return { dims: [batch, length - 1], data: result };
  }

  /** Log-probabilities of `targets` after the positions `rows` of a pass, one each. */
  private async logProbsOf(
    placed: readonly PlacedEdit[],
    feeds: Record<string, Tensor>,
    targets: readonly number[],
    signal?: AbortSignal,
  ): Promise<ArrayLike<number>> {
    const run = async (program: Promise<Program>, given: Record<string, Tensor>, output: string) => {
      const results = await (await program).run({ feeds: given, stores: [this.store], fetch: [output], signal });
      return results[output] as FloatTensor;
    };
    // One program makes logits, whatever the edits: each would keep the memory of its own.
    const states = await run(statesProgram(this, placed), feeds, "states");
    const result = new Float32Array(targets.length);
    for (const [start, end] of pieces(targets.length, this.config.vocabSize)) {
      const part = intTensor([end - start], targets.slice(start, end));
      const given = { states: statesOfPiece(states, start, end), targets: part };
      const unembedding = this.program("logProbs", () => this.unembeddingGraph());
      result.set((await run(unembedding, given, "logProbs")).data, start);
    }
    return result;
  }

  private unembeddingGraph(): Graph {
    const g = new Graph(`log-probabilities of states of ${this.config.modelType}`);
    const states = g.input("states", ["rows", this.config.dModel]);
    const logits = this.architecture.unembed(g, this.config, parameterInputs(g, this.store.layout), states);
    g.output("logProbs", tokenLogProbs(g, logits, g.input("targets", ["rows"], "int64")));
    return g;
  }

  generate(inputIds: readonly (readonly number[])[], options: GenerateOptions): Promise<number[][]> {
    return generate(this, inputIds, options);
  }

  async dispose(): Promise<void> {
    await this.dropPrograms();
    await this.store.drop();
  }

  private async dropPrograms(): Promise<void> {
    const programs = await Promise.allSettled(this.programs.values());
    this.programs.clear();
    await Promise.all(programs.map((program) => (program.status === "fulfilled" ? program.value.drop() : undefined)));
  }
}

/** @throws ShapeError unless `given` has one count per row */
function checkGiven(given: LogProbsOptions["given"], rows: number): void {
  if (!given) return;
  if (given.length !== rows) throw new ShapeError(`given: expected ${rows} numbers, received ${given.length}`);
  const wrong = given.find((count) => !Number.isInteger(count) || count < 0);
  if (wrong !== undefined) throw new ShapeError(`given: expected 0 or a positive integer, received ${wrong}`);
}

/** Log-probabilities of chosen tokens: logits [rows, vocab], targets int64 [rows] -> [rows]. */
export function tokenLogProbs(g: Graph, logits: Value, targets: Value): Value {
  const picked = g.gatherElements(g.logSoftmax(logits), g.unsqueeze(targets, 1), 1);
  return g.reshape(picked, [targets.dims[0]]);
}
