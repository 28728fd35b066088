import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ConfigError, RunError, ShapeError } from "../../src/errors.js";
import { openSafetensors } from "../../src/io/safetensors.js";
import { loadModel } from "../../src/model/load.js";
import { PpoTrainer, type PpoTrainerOptions } from "../../src/rlhf/index.js";
import { noteDifference } from "../support/expect-close.js";

const folder = fileURLToPath(new URL("../golden/ppo-trl-0.7.7", import.meta.url));
const golden = JSON.parse(readFileSync(`${folder}/golden.json`, "utf8")) as {
  permutations: number[][];
  losses: { pg: number; vf: number }[];
  stats: Record<string, number | null>[];
};

async function trainer(options: Partial<PpoTrainerOptions> = {}): Promise<PpoTrainer> {
  const head = await openSafetensors(`${folder}/value_head.safetensors`);
  const valueHead = { weight: (await head.read("summary.weight")).data, bias: (await head.read("summary.bias")).data };
  await head.close();
  const [policy, reference] = [await loadModel(`${folder}/base`), await loadModel(`${folder}/base`)];
  let epoch = 0;
  return new PpoTrainer(policy, {
    reference,
    valueHead,
    batchSize: 16,
    miniBatchSize: 4,
    learningRate: 1e-4,
    valueHeadDropout: 0,
    permutation: () => golden.permutations[epoch++],
    ...options,
  });
}

async function batches() {
  const file = await openSafetensors(`${folder}/golden.safetensors`);
  const rows = async (name: string): Promise<number[][]> => {
    const flat = Array.from(await file.readInts(name), Number);
    const [count, width] = file.tensors.get(name)!.shape;
    return Array.from({ length: count }, (_, i) => flat.slice(i * width, (i + 1) * width).filter((id) => id >= 0));
  };
  const read = async (index: number) => ({
    queries: await rows(`${index}.queries`),
    responses: await rows(`${index}.responses`),
    scores: [...(await file.read(`${index}.scores`)).data],
  });
  return { file, batches: [await read(0), await read(1)] };
}

describe("PpoTrainer", () => {
  it("computes what TRL 0.7.7 computes over two batches: every quantity to 1e-4, weights to 1e-5", async () => {
    const ppo = await trainer();
    const { file, batches: given } = await batches();
    let minibatch = 0;
    // The worst difference of each quantity, with its bound.
    const worst = new Map<string, { difference: number; bound: number }>();
    const compare = (name: string, received: number, expected: number, bound = 1e-4): void => {
      const difference = Math.abs(received - expected);
      if (!(difference <= (worst.get(name)?.difference ?? -1))) worst.set(name, { difference, bound });
    };
    for (const [index, { queries, responses, scores }] of given.entries()) {
      const statistics = await ppo.step(queries, responses, scores);
      // The golden file has the rewards with the score alone; the mean without it is among the statistics.
      const { losses, nonScoreRewards: _, ...perToken } = ppo.lastBatch;
      for (const [name, rows] of Object.entries(perToken)) {
        const { dims, data } = await file.read(`${index}.${name === "refLogprobs" ? "ref_logprobs" : name}`);
        rows.forEach((row, i) => {
          const start = i * dims[1] + queries[i].length - 1;
          row.forEach((value, t) => {
            compare(name, value, data[start + t]);
          });
        });
      }
      for (const { policy, value } of losses) {
        compare("policy loss of a minibatch", policy, golden.losses[minibatch].pg);
        compare("value loss of a minibatch", value, golden.losses[minibatch].vf);
        minibatch++;
      }
      for (const [name, value] of Object.entries(golden.stats[index]))
        if (value !== null) compare(name, statistics[name], value);
      for (const name of ppo.policy.store.names) {
        const expected = await file.read(`${index}.after.${name}`);
        const { data } = await ppo.policy.store.read(name);
        // Adding a constant to all keys changes no attention weight, so the exact gradient of a key's bias is 0 where it does
        // not rotate. Adam divides rounding noise by its own size there: twice lr times the noise over epsilon remains.
        const bound = name.endsWith("query_key_value.bias") ? 5e-5 : 1e-5;
        for (const [i, value] of data.entries()) compare(`weight ${name}`, value, expected.data[i], bound);
      }
    }
    for (const [name, { difference, bound }] of worst) {
      noteDifference(name, difference, bound);
      expect(difference, name).toBeLessThan(bound);
    }
    await file.close();
  });

  it("goes on from a saved state to the same weights", async () => {
    const { batches: given, file } = await batches();
    await file.close();
    const options = { permutation: undefined, valueHeadDropout: 0.1, seed: 7 };
    const straight = await trainer(options);
    for (const { queries, responses, scores } of given) await straight.step(queries, responses, scores);
    const first = await trainer(options);
    await first.step(given[0].queries, given[0].responses, given[0].scores);
    const { tensors, values } = await first.state();
    const second = await trainer(options);
    await second.restore({ values: JSON.parse(JSON.stringify(values)), tensors });
    await second.step(given[1].queries, given[1].responses, given[1].scores);
    expect(second.klCoef).toBe(straight.klCoef);
    for (const name of straight.policy.store.names)
      expect((await second.policy.store.read(name)).data, name).toEqual((await straight.policy.store.read(name)).data);
  });

  it("gives its value head under the names and in the shapes that TRL's own module loads", async () => {
    const ppo = await trainer();
    const heads = await ppo.heads();
    expect(Object.keys(heads)).toEqual(["value_head.safetensors"]);
    const given = await openSafetensors(`${folder}/value_head.safetensors`);
    expect(Object.keys(heads["value_head.safetensors"]).sort()).toEqual([...given.tensors.keys()].sort());
    for (const [name, { dims, data }] of Object.entries(heads["value_head.safetensors"])) {
      expect(dims, name).toEqual(given.tensors.get(name)!.shape);
      expect(data, name).toEqual((await given.read(name)).data);
    }
    await given.close();
  });

  it("moves the policy towards rewarded tokens", async () => {
    const ppo = await trainer({ permutation: undefined, learningRate: 5e-3, klCoef: 0, clippedSteps: "every" });
    const queries = Array.from({ length: 16 }, (_, i) => [1 + i, 2, 3]);
    const share = async () => {
      const rows = await ppo.policy.generate(queries, { maxNewTokens: 8, seed: 1, stopTokens: [] });
      return rows.flatMap((row) => row.slice(3)).filter((id) => id < 75).length / (16 * 8);
    };
    const before = await share();
    for (let batch = 0; batch < 8; batch++) {
      const rows = await ppo.policy.generate(queries, { maxNewTokens: 8, seed: batch, stopTokens: [] });
      const responses = rows.map((row) => row.slice(3));
      await ppo.step(
        queries,
        responses,
        responses.map((row) => row.filter((id) => id < 75).length),
      );
    }
    expect(await share()).toBeGreaterThan(before + 0.1);
  });

  it("refuses settings, batches and scores that cannot be", async () => {
    await expect(trainer({ miniBatchSize: 5, gamma: 2 })).rejects.toThrow(ConfigError);
    await expect(trainer({ miniBatchSize: 5, gamma: 2 })).rejects.toThrow(/2 problems/);
    const ppo = await trainer();
    await expect(ppo.step([[1]], [[2]], [0])).rejects.toThrow(ShapeError);
    const rows = Array.from({ length: 16 }, () => [1, 2]);
    const scores = Array.from({ length: 16 }, (_, i) => (i === 3 ? Number.NaN : 0));
    await expect(ppo.step(rows, rows, scores)).rejects.toThrow(RunError);
    await expect(ppo.step(rows, rows, scores)).rejects.toThrow(/score of response 3 is NaN/);
  });
});
