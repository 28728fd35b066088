/** A classifier of token ids. */
import { join } from "node:path";
import { FormatError, RewardscopeError, ShapeError } from "../errors.js";
import { Graph } from "../graph/builder.js";
import { shown } from "../io/shown-value.js";
import { type Engine, type Program, sharedEngine } from "../runtime/engine.js";
import { parameterInputs } from "../runtime/parameter-inputs.js";
import type { ParameterStore } from "../runtime/parameter-store.js";
import type { FloatTensor, Tensor } from "../runtime/tensor.js";
import type { ClassifierArchitecture, ClassifierConfig } from "./architectures/classifiers/classifier.js";
import { classifiers } from "./architectures/classifiers/classifiers.js";
import { causalMaskOf, intTensor, MASKED, TOKENS_WITHOUT_EMBEDDING } from "./batch.js";
import { refuseAdapter } from "./model-files.js";
import { readObject } from "./tokenizer/tokenizer-file.js";
import { checkWeights, openWeights, readWeights } from "./weights.js";

/**
 * Tokens per pass, padding included: 8 texts of 512 tokens, whose attention takes 100 MB in a model
 * with 12 heads.
 */
const TOKENS_AT_ONCE = 4096;

/** A classifier with its parameters in a store of the engine. */
export class SequenceClassifier {
  private program?: Promise<Program>;

  constructor(
    private readonly engine: Engine,
    readonly architecture: ClassifierArchitecture,
    readonly config: ClassifierConfig,
    private readonly store: ParameterStore,
  ) {}

  /**
   * Logits [rows, labels] of rows of token ids. Rows of similar length share a pass.
   * @throws ShapeError for an empty row, RewardscopeError INVALID_INPUT for one that is too long or
   *   an id out of range
   */
  async logits(rows: readonly (readonly number[])[], signal?: AbortSignal): Promise<FloatTensor> {
    for (const row of rows) this.check(row);
    const labels = this.config.labels.length;
    const data = new Float32Array(rows.length * labels);
    const longestFirst = rows.map((_, index) => index).sort((a, b) => rows[b].length - rows[a].length || a - b);
    for (let start = 0; start < longestFirst.length; ) {
      const count = Math.max(1, Math.floor(TOKENS_AT_ONCE / rows[longestFirst[start]].length));
      const batch = longestFirst.slice(start, start + count);
      const logits = await this.pass(
        batch.map((index) => rows[index]),
        signal,
      );
      batch.forEach((index, i) => {
        data.set(logits.subarray(i * labels, (i + 1) * labels), index * labels);
      });
      start += count;
    }
    return { dims: [rows.length, labels], data };
  }

  private check(row: readonly number[]): void {
    const { maxPositions, vocabSize } = this.config;
    if (row.length === 0) throw new ShapeError("a row of token ids: expected at least one token, received none");
    if (row.length > maxPositions)
      throw new RewardscopeError(
        "INVALID_INPUT",
        `a row has ${row.length} tokens, the classifier has positions for ${maxPositions}`,
      );
    const wrong = row.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong !== undefined)
      throw new RewardscopeError("INVALID_INPUT", `token id ${wrong} is outside the vocabulary of ${vocabSize}`, {
        help: TOKENS_WITHOUT_EMBEDDING,
      });
  }

  /** A pass over rows padded on the right; the first row is the longest. */
  private async pass(rows: readonly (readonly number[])[], signal?: AbortSignal): Promise<Float32Array> {
    this.program ??= this.engine.load(this.graph());
    const program = await this.program;
    const { logits } = await program.run({ feeds: this.feeds(rows), stores: [this.store], fetch: ["logits"], signal });
    return logits.data as Float32Array;
  }

  private feeds(rows: readonly (readonly number[])[]): Record<string, Tensor> {
    const { architecture, config } = this;
    const [batch, length] = [rows.length, rows[0].length];
    const ids = new Int32Array(batch * length);
    const positions = new Int32Array(batch * length);
    const keys = new Float32Array(batch * length).fill(MASKED);
    rows.forEach((row, index) => {
      ids.set(row, index * length);
      positions.set(architecture.positions(config, row), index * length);
      keys.fill(0, index * length, index * length + row.length);
    });
    return {
      ids: intTensor([batch, length], ids),
      mask:
        architecture.attends === "all"
          ? { dims: [batch, length], data: keys }
          : { dims: [length, length], data: causalMaskOf(length) },
      positions: intTensor([batch, length], positions),
      pooled: intTensor(
        [batch],
        rows.map((row, index) => index * length + architecture.pooled(config, row)),
      ),
    };
  }

  private graph(): Graph {
    const { architecture, config } = this;
    const g = new Graph(`classification by ${architecture.className}`);
    const inputs = {
      ids: g.input("ids", ["batch", "length"], "int64"),
      mask: g.input("mask", [architecture.attends === "all" ? "batch" : "length", "length"]),
      positions: g.input("positions", ["batch", "length"], "int64"),
      pooled: g.input("pooled", ["batch"], "int64"),
    };
    g.output("logits", architecture.logits(g, config, parameterInputs(g, this.store.layout), inputs));
    return g;
  }

  async dispose(): Promise<void> {
    const program = await this.program?.catch(() => undefined);
    await program?.drop();
    await this.store.drop();
  }
}

/** A classifier's architecture and what its config.json says. */
export interface ClassifierShape {
  readonly architecture: ClassifierArchitecture;
  readonly config: ClassifierConfig;
}

/** @throws FormatError when config.json is missing, malformed, or of an architecture that is not known */
export async function loadClassifierConfig(folder: string): Promise<ClassifierShape> {
  refuseAdapter(folder);
  const file = join(folder, "config.json");
  return parseClassifierConfig(await readObject(file), file);
}

/**
 * The configuration in a classifier's config.json.
 * @param file named in errors
 * @throws FormatError when it is malformed, or of an architecture that is not known
 */
export function parseClassifierConfig(json: Readonly<Record<string, unknown>>, file: string): ClassifierShape {
  const architecture = classifiers.find(({ modelType }) => modelType === json.model_type);
  if (architecture) return { architecture, config: architecture.parseConfig(json, file) };
  const known = classifiers.map(({ modelType }) => modelType).join(", ");
  throw new FormatError(file, `model_type: expected one of ${known}, received ${shown(json.model_type)}`, {
    help: "a classifier is a model for sequence classification, such as DistilBertForSequenceClassification",
  });
}

/**
 * Loads a classifier from a local folder in the Hub's layout, without its tokenizer.
 * @throws FormatError that names the file and the tensor that is missing, of another shape, or not
 *   finite
 */
export async function loadSequenceClassifier(
  folder: string,
  { engine = sharedEngine() }: { engine?: Engine } = {},
): Promise<SequenceClassifier> {
  const { architecture, config } = await loadClassifierConfig(folder);
  const weights = await openWeights(folder);
  try {
    const layout = architecture.layout(config);
    const fitted = checkWeights(weights, layout);
    const store = await engine.createStore(layout, {});
    try {
      await readWeights(fitted, store);
    } catch (error) {
      await store.drop();
      throw error;
    }
    return new SequenceClassifier(engine, architecture, config, store);
  } finally {
    await weights.close();
  }
}
