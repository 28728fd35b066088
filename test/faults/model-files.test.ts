/** Files of models, spoilt at random: each is read, or refused in words that name it. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.js";
import { openSafetensors } from "../../src/io/safetensors.js";
import { checkModel, loadModel, loadModelConfig } from "../../src/model/load.js";
import { loadClassifier } from "../../src/model/text-classifier.js";
import { loadTokenizer } from "../../src/model/tokenizer/tokenizer.js";
import { Engine } from "../../src/runtime/engine.js";
import { Autoencoder } from "../../src/sae/autoencoder.js";
import { loadAutoencoder, saveAutoencoder } from "../../src/sae/saelens-folder.js";
import { copyOfModel } from "../support/model-folder.js";
import { changeBytes, changeJsonText, jsonOrBytes, tryFaults } from "../support/mutations.js";

const golden = resolve(import.meta.dirname, "../golden");
const texts = ["", "Good film!", "It's 1999, \u00e9t\u00e9 \u6f22\u5b57 \u{1f642}\n\t x", "a".repeat(300)];
const engine = new Engine();
const folders: string[] = [];
afterAll(async () => {
  await engine.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A new folder with files of another. */
function folderOf(from: string, names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "rewardscope-faults-"));
  folders.push(folder);
  for (const name of names) copyFileSync(join(from, name), join(folder, name));
  return folder;
}

function model(name: string): string {
  folders.push(copyOfModel(name));
  return folders[folders.length - 1];
}

describe("safetensors", () => {
  const path = join(folderOf(join(golden, "safetensors"), ["mixed.safetensors"]), "mixed.safetensors");
  const headerEnd = (content: Buffer) => 8 + Number(content.readBigUInt64LE());

  /** Reads all tensors; never more bytes than the file has. */
  async function readAll(): Promise<void> {
    const { length } = readFileSync(path);
    const file = await openSafetensors(path);
    let bytes = 0;
    try {
      for (const [name, { dtype }] of file.tensors) {
        const isFloat = /^(BF16|F16|F32|F64)$/.test(dtype);
        const values = await (isFloat ? file.read(name).then(({ data }) => data) : file.readInts(name)).catch(
          (error) => {
            if (!(error instanceof FormatError)) throw error;
          },
        );
        bytes += values?.length ?? 0;
      }
    } finally {
      await file.close();
    }
    expect(bytes).toBeLessThanOrEqual(length);
  }

  test("bytes of the header and its length", () =>
    tryFaults({
      name: "header bytes",
      path,
      counts: [200, 1000],
      change: (rng, content) => changeBytes(rng, content, 0, headerEnd(content)),
      use: readAll,
    }));

  test("fields of the header, its length, and data that is cut or too long", () =>
    tryFaults({
      name: "header fields",
      path,
      counts: [200, 1000],
      change: (rng, content) => {
        const end = headerEnd(content);
        const header = changeJsonText(rng, content.toString("utf8", 8, end));
        const size = Buffer.alloc(8);
        const wrong = [
          0n,
          1n,
          2n ** 31n,
          2n ** 53n,
          2n ** 64n - 1n,
          BigInt(header.length + 1),
          BigInt(header.length - 1),
        ];
        size.writeBigUInt64LE(rng.uniform() < 0.9 ? BigInt(header.length) : wrong[rng.integer(wrong.length)]);
        const data = content.subarray(end, rng.uniform() < 0.9 ? undefined : end + rng.integer(200));
        return Buffer.concat([size, header, data]);
      },
      use: readAll,
    }));
});

/** Loads a model and lets it work. */
async function useModel(folder: string): Promise<void> {
  await checkModel(folder);
  const loaded = await loadModel(folder, { engine });
  try {
    await loaded.forward({ inputIds: [[1, 2], [1]] }, { logits: "last" });
    await loaded.generate([[1]], { maxNewTokens: 2 });
  } finally {
    await loaded.dispose();
  }
}

describe("config.json", () => {
  test.each(["neox-sequential", "neo-window-2"])("of %s", async (name) => {
    const folder = model(name);
    await tryFaults({
      name: `config ${name}`,
      path: join(folder, "config.json"),
      counts: [60, 300],
      change: jsonOrBytes,
      use: () => useModel(folder),
    });
  });

  test("of a classifier", async () => {
    const folder = model("distilbert-text");
    await tryFaults({
      name: "config distilbert",
      path: join(folder, "config.json"),
      counts: [60, 300],
      change: jsonOrBytes,
      use: () => useClassifier(folder),
    });
  });
});

test("generation_config.json", async () => {
  const folder = model("neox-sequential");
  await tryFaults({
    name: "generation config",
    path: join(folder, "generation_config.json"),
    counts: [100, 400],
    change: jsonOrBytes,
    use: () => loadModelConfig(folder),
  });
});

test("the index of shards", async () => {
  const folder = model("neox-sharded");
  await tryFaults({
    name: "index",
    path: join(folder, "model.safetensors.index.json"),
    counts: [100, 400],
    change: jsonOrBytes,
    use: () => checkModel(folder),
  });
});

async function useTokenizer(folder: string): Promise<void> {
  const tokenizer = await loadTokenizer(folder);
  for (const text of texts) {
    const ids = tokenizer.encode(text);
    expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.vocabSize)).toBe(true);
    expect(typeof tokenizer.decode(ids, { skipSpecialTokens: true })).toBe("string");
  }
}

async function useClassifier(folder: string): Promise<void> {
  const classifier = await loadClassifier(folder, { engine });
  try {
    const { dims } = await classifier.logits(texts);
    expect(dims).toEqual([texts.length, classifier.labels.length]);
  } finally {
    await classifier.dispose();
  }
}

describe("tokenizers", () => {
  const small = folderOf(join(golden, "tokenizer/neox"), ["tokenizer.json", "tokenizer_config.json"]);
  const large = folderOf(resolve(golden, "../../assets/embedded"), ["tokenizer.json", "tokenizer_config.json"]);

  test.each([
    ["400 tokens", "tokenizer.json", small, [150, 600]],
    ["400 tokens", "tokenizer_config.json", small, [60, 300]],
    ["8,192 tokens", "tokenizer.json", large, [15, 100]],
  ] as const)("of %s: %s", (tokens, name, folder, counts) =>
    tryFaults({
      name: `${name} of ${tokens}`,
      path: join(folder, name),
      counts,
      change: jsonOrBytes,
      use: () => useTokenizer(folder),
    }),
  );

  test.each(["tokenizer.json", "vocab.txt", "tokenizer_config.json"])("of a classifier: %s", async (name) => {
    const folder = model("distilbert-text");
    if (name === "vocab.txt") rmSync(join(folder, "tokenizer.json"));
    await tryFaults({
      name: `classifier ${name}`,
      path: join(folder, name),
      counts: [50, 300],
      change: jsonOrBytes,
      use: () => useClassifier(folder),
    });
  });
});

test.each(["cfg.json", "sae_weights.safetensors"])("%s of a dictionary", async (name) => {
  const folder = mkdtempSync(join(tmpdir(), "rewardscope-faults-"));
  folders.push(folder);
  const weights = {
    ...{ dIn: 2, dSae: 3, applyBDecToInput: false },
    ...{ wEnc: Float32Array.of(1, 0, 0.6, 0, 1, 0.8), bEnc: Float32Array.of(0, -1, 0.5) },
    ...{ wDec: Float32Array.of(1, 0, 0, 1, 0.6, 0.8), bDec: Float32Array.of(10, 20) },
  };
  await saveAutoencoder(new Autoencoder(weights, { layer: 3, tied: true, modelName: "m", l1Coef: 0.001 }), folder);
  await tryFaults({
    name: `dictionary ${name}`,
    path: join(folder, name),
    counts: [60, 300],
    change: name === "cfg.json" ? jsonOrBytes : changeBytes,
    use: async () => {
      const { dIn, dSae, wDec } = await loadAutoencoder(folder);
      expect(wDec.length).toBe(dIn * dSae);
      expect(wDec.every(Number.isFinite)).toBe(true);
    },
  });
});
