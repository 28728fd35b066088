/** Describes the machine: platform, processor, memory, disk, cache, network, graphics cards. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem } from "node:os";
import { dirname, resolve } from "node:path";
import { hubSettings } from "../../io/hub/settings.js";
import { timeLimit } from "../../io/time-limit.js";
import { machineMemory } from "../../model/memory.js";

/** Seconds without a response after which the Hub is not reachable. */
const NETWORK_SECONDS = 5;

/** The folder in which NVIDIA's driver lists its cards on Linux. */
const NVIDIA = "/proc/driver/nvidia/gpus";

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** `linux x64 (glibc 2.41)`; Linux without glibc, such as Alpine, has musl. */
export function platformName(): string {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const libc = header.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : "musl";
  return `${process.platform} ${process.arch}${process.platform === "linux" ? ` (${libc})` : ""}`;
}

/** The widest vectors that ONNX Runtime has code for, of those that the processor has. */
const VECTORS = [
  ["avx512f", "AVX-512"],
  ["avx2", "AVX2"],
  ["asimd", "NEON"],
] as const;

/** The processor's name and vectors; Linux alone lists the latter. */
function processor(): string {
  const name = cpus()[0]?.model.trim() || "unknown";
  const list = "/proc/cpuinfo";
  if (!existsSync(list)) return name;
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(list, "utf8"))?.[1].split(" "));
  const [, vectors] = VECTORS.find(([flag]) => flags.has(flag)) ?? [];
  return `${name}, ${vectors ?? "neither AVX2 nor AVX-512"}`;
}

function memory(): string {
  const total = machineMemory();
  return `${gigabytes(Math.min(freemem(), total))} free of ${gigabytes(total)}`;
}

async function freeDisk(folder: string): Promise<string> {
  let place = resolve(folder);
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  return `${gigabytes(bavail * bsize)} free`;
}

/** The Hub's cache: its folder and state. */
async function cacheState(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  const state = found?.isDirectory() ? await freeDisk(folder) : "not there yet; made by the first download";
  return `${folder}, ${state}`;
}

/** Whether the Hub responds, with any status. */
async function network(
  { endpoint, offline, fetch }: ReturnType<typeof hubSettings>,
  signal: AbortSignal,
): Promise<string> {
  if (offline) return "not used (HF_HUB_OFFLINE)";
  const limit = AbortSignal.any([signal, timeLimit(NETWORK_SECONDS)]);
  const answered = await fetch(endpoint, { method: "HEAD", signal: limit }).then(
    () => true,
    () => false,
  );
  signal.throwIfAborted();
  return answered
    ? `${endpoint} answers`
    : `${endpoint} does not answer; only local models and texts, and those in the cache, can be used`;
}

/** Models only run on the processor, so the line says that a card is not used. */
function graphics(): string {
  const cards = existsSync(NVIDIA) ? readdirSync(NVIDIA).length : 0;
  return cards > 0 ? `not used, though there ${cards === 1 ? "is one" : `are ${cards}`} of NVIDIA` : "not used";
}

/**
 * One line per subject. The only request is one to the Hub's address, for the network.
 * @throws ConfigError when the environment's settings of the Hub or a proxy are invalid
 */
export async function describeMachine(signal: AbortSignal): Promise<Record<string, string>> {
  const hub = hubSettings();
  return {
    node: process.version,
    platform: platformName(),
    processor: processor(),
    threads: String(availableParallelism()),
    memory: memory(),
    disk: `${await freeDisk(".")} here`,
    cache: await cacheState(hub.cache),
    network: await network(hub, signal),
    gpu: graphics(),
  };
}
