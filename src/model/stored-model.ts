/** A language model in its files: single tensors of it, its unembedding, or the whole for as long as it is used. */
import { InternalError } from "../errors.js";
import { Graph } from "../graph/builder.js";
import { readFinite } from "../io/finite-tensor.js";
import type { HubOptions } from "../io/hub/hub.js";
import { sharedEngine } from "../runtime/engine.js";
import type { FloatTensor } from "../runtime/tensor.js";
import type { Architecture, EngineModel } from "./architectures/architecture.js";
import { CausalLm } from "./causal-lm.js";
import type { ModelConfig } from "./language-model.js";
import { type OpenedModel, openModel, readModel } from "./load.js";
import { type AdapterOptions, locateModel } from "./resolve-model.js";
import { readWeights } from "./weights.js";

/** A model with a few of its parameters, for graphs that need no others. */
export type ModelHead = EngineModel & {
  /** Frees its memory. */
  dispose(): Promise<void>;
};

/** Takes no memory but for what is asked of it. Close it after use. */
export class StoredModel {
  private constructor(private readonly opened: OpenedModel) {}

  /**
   * Opens a model's files and compares their headers with config.json.
   * @param idOrFolder as for `loadModel`; an adapter is merged as tensors are read
   * @throws FormatError as `loadModel`, except for the values of the weights
   */
  static async open(idOrFolder: string, options: AdapterOptions & HubOptions = {}): Promise<StoredModel> {
    return new StoredModel(await openModel(await locateModel(idOrFolder, { ...options, parts: ["weights"] })));
  }

  get architecture(): Architecture {
    return this.opened.architecture;
  }

  get config(): ModelConfig {
    return this.opened.config;
  }

  get parameterNames(): string[] {
    return this.architecture.layout(this.config).map(({ name }) => name);
  }

  /** One parameter from the files. @throws FormatError when a value is not finite */
  async parameter(name: string): Promise<FloatTensor> {
    const stored = this.opened.weights.parameters.get(name);
    if (!stored) throw new InternalError(`parameter ${name} does not exist`);
    return readFinite(stored.file, stored.name);
  }

  /**
   * Has the model in memory while `work` runs.
   * @throws FormatError as `loadModel`; what `work` throws
   */
  async inMemory<T>(work: (model: CausalLm) => Promise<T>): Promise<T> {
    const model = await readModel(this.opened);
    try {
      return await work(model);
    } finally {
      await model.dispose();
    }
  }

  /**
   * The parameters that make logits of final states, and no others. Dispose of it after use.
   * @throws FormatError as `loadModel`
   */
  async loadHead(): Promise<ModelHead> {
    const { architecture, config, opened } = this;
    const engine = sharedEngine();
    const names = headNames(architecture, config);
    const layout = architecture.layout(config).filter(({ name }) => names.has(name));
    const head = new CausalLm(engine, architecture, config, await engine.createStore(layout));
    const { parameters } = opened.weights;
    const own = new Map([...parameters].filter(([name]) => names.has(name)));
    try {
      await readWeights({ ...opened.weights, parameters: own }, head.store);
    } catch (error) {
      await head.dispose();
      throw error;
    }
    return head;
  }

  /** Closes the files. */
  close(): Promise<void> {
    return this.opened.close();
  }
}

/** Names of the parameters that `unembed` asks for. */
function headNames(architecture: Architecture, config: ModelConfig): ReadonlySet<string> {
  const g = new Graph("parameters of the unembedding");
  const dimsOf = new Map(architecture.layout(config).map(({ name, dims }) => [name, dims]));
  const names = new Set<string>();
  const parameter = (name: string) => {
    names.add(name);
    return g.input(`${name} ${names.size}`, dimsOf.get(name)!);
  };
  architecture.unembed(g, config, parameter, g.input("states", ["rows", config.dModel]));
  return names;
}
