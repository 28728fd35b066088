/**
 * Outputs of stages: their sizes and hashes are saved in run.json when a stage is done, and
 * compared with the files before these are read again.
 */
import type { BigIntStats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FormatError } from "../errors.js";
import { messageOf, unreadable } from "../io/atomic.js";
import { fileStamp, stampOf } from "../io/file-stamp.js";
import { sha256File } from "../io/hash.js";
import { hashSection, readSections } from "./results.js";
import { readRecord, type StageRecord, type WrittenFile } from "./run-record.js";

/** An output that was changed after its stage. */
export interface Damage {
  readonly stage: string;
  /** Its path in the run folder, with `/`. */
  readonly file: string;
  /** The section, for results.json. */
  readonly section?: string;
  /** The difference, e.g. "has 3 bytes, expected 4". */
  readonly problem: string;
}

/** The outputs to compare. */
export interface Scope {
  /** Names of stages; default all. */
  readonly stages?: readonly string[];
  /** Which of their files, results.json included; default all. */
  readonly files?: (name: string) => boolean;
  /** Read no file: only a change of size is detected, or one found by an earlier check. */
  readonly sizesOnly?: boolean;
}

/** The status of each stage. */
type Stages = Readonly<Record<string, StageRecord>>;

const RESULTS = "results.json";
/** Maximal number of differences listed; the rest is counted. */
const MOST_TOLD = 5;
/** Number of digits shown of a hash. */
const SHOWN_DIGITS = 16;

const bytes = (count: number | bigint) => `${count.toLocaleString("en-US")} byte${Number(count) === 1 ? "" : "s"}`;
const short = (sha256: string) => `${sha256.slice(0, SHOWN_DIGITS)}...`;

/**
 * Compares the files of one run folder with their sizes and hashes in run.json. A file, also
 * results.json, is read once, and again only if its size, inode or one of its times changed.
 */
export class OutputChecks {
  private readonly folder: string;
  private readonly hashes = new Map<string, { stamp: string; sha256: string }>();
  private sections: { stamp: string; hashes: ReadonlyMap<string, string> } | undefined;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  /**
   * Current sizes and hashes of a stage's outputs.
   * @param outputs files and folders in the run folder, with `/`; hidden files are ignored
   * @param others outputs of other stages that are in these folders
   * @throws FormatError when a file is missing or cannot be read
   */
  async describe(outputs: readonly string[], others: readonly string[]): Promise<Record<string, WrittenFile>> {
    const files: Record<string, WrittenFile> = {};
    for (const output of outputs)
      for (const name of await this.filesOf(output, others)) {
        const found = await this.stat(name);
        files[name] = { bytes: Number(found.size), sha256: await this.hash(name, found) };
      }
    return files;
  }

  private async filesOf(name: string, others: readonly string[]): Promise<string[]> {
    if (!(await this.stat(name)).isDirectory()) return [name];
    const inside = (await readdir(join(this.folder, name))).filter((file) => !file.startsWith(".")).sort();
    const paths = inside.map((file) => `${name}/${file}`).filter((path) => !others.includes(path));
    return (await Promise.all(paths.map((path) => this.filesOf(path, others)))).flat();
  }

  private stat(name: string): Promise<BigIntStats> {
    const path = join(this.folder, name);
    return stat(path, { bigint: true }).catch((cause) => {
      throw unreadable(path, cause);
    });
  }

  /** Outputs of done stages that were changed: files, then sections of results.json. */
  async damage(stages: Stages, scope: Scope = {}): Promise<Damage[]> {
    const { stages: names = Object.keys(stages), files = () => true, sizesOnly = false } = scope;
    const done = names.flatMap((stage) => (stages[stage]?.status === "done" ? [[stage, stages[stage]] as const] : []));
    const damage: Damage[] = [];
    for (const [stage, { outputs = {} }] of done)
      for (const [file, expected] of Object.entries(outputs)) {
        if (!files(file)) continue;
        const problem = await this.problemOf(file, expected, sizesOnly);
        if (problem !== undefined) damage.push({ stage, file, problem });
      }
    return files(RESULTS) ? [...damage, ...(await this.damagedSections(done))] : damage;
  }

  private async problemOf(file: string, expected: WrittenFile, sizesOnly: boolean): Promise<string | undefined> {
    let found: BigIntStats;
    try {
      found = await stat(join(this.folder, file), { bigint: true });
    } catch (error) {
      const isMissing = ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
      return `${isMissing ? "is missing" : `cannot be read (${messageOf(error)})`}, expected ${bytes(expected.bytes)}`;
    }
    if (!found.isFile()) return `is not a file, expected one of ${bytes(expected.bytes)}`;
    if (found.size !== BigInt(expected.bytes)) return `has ${bytes(found.size)}, expected ${bytes(expected.bytes)}`;
    if (sizesOnly && this.hashes.get(file)?.stamp !== stampOf(found)) return undefined;
    try {
      return changed(await this.hash(file, found), expected.sha256);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return `cannot be read (${messageOf(error)}), expected ${bytes(expected.bytes)}`;
    }
  }

  private async hash(name: string, found: BigIntStats): Promise<string> {
    const stamp = stampOf(found);
    const known = this.hashes.get(name);
    if (known?.stamp === stamp) return known.sha256;
    const sha256 = await sha256File(join(this.folder, name));
    this.hashes.set(name, { stamp, sha256 });
    return sha256;
  }

  private async damagedSections(done: readonly (readonly [string, StageRecord])[]): Promise<Damage[]> {
    const wrote = done.flatMap(([stage, { sections = {} }]) =>
      Object.entries(sections).map(([section, sha256]) => ({ stage, section, sha256 })),
    );
    if (wrote.length === 0) return [];
    let found: ReadonlyMap<string, string> = new Map();
    let lost = "is missing";
    try {
      found = await this.sectionHashes();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      lost = `cannot be read (${messageOf(error)})`;
    }
    return wrote.flatMap(({ stage, section, sha256 }): Damage[] => {
      const hash = found.get(section);
      const problem = hash === undefined ? lost : changed(hash, sha256);
      return problem === undefined ? [] : [{ stage, file: RESULTS, section, problem }];
    });
  }

  private async sectionHashes(): Promise<ReadonlyMap<string, string>> {
    const stamp = await fileStamp(join(this.folder, RESULTS));
    if (this.sections?.stamp === stamp) return this.sections.hashes;
    const sections = Object.entries(await readSections(this.folder));
    const hashes = new Map(sections.map(([name, section]) => [name, hashSection(section)]));
    this.sections = { stamp, hashes };
    return hashes;
  }
}

function changed(found: string, expected: string): string | undefined {
  return found === expected ? undefined : `was changed: its SHA-256 is ${short(found)}, expected ${short(expected)}`;
}

/** Damage in words, e.g. "tuned/config.json is missing, expected 500 bytes". */
export function damageInWords(damage: readonly Damage[]): string {
  const told = damage
    .slice(0, MOST_TOLD)
    .map(
      ({ file, section, problem }) => `${section === undefined ? file : `section ${section} of ${file}`} ${problem}`,
    );
  const more = damage.length - told.length;
  return `${told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

/**
 * Compares a run folder, or a part of it, with its run.json.
 * @param checks of this folder; default: everything is read
 * @throws FormatError that names the changed outputs, with advice; also as `readRecord`
 */
export async function requireWhole(
  folder: string,
  scope: Scope = {},
  checks = new OutputChecks(folder),
): Promise<void> {
  const { stages } = await readRecord(folder);
  refuseDamage(folder, await checks.damage(stages, scope));
}

/** @throws FormatError when there is damage */
export function refuseDamage(folder: string, damage: readonly Damage[]): void {
  if (damage.length === 0) return;
  const stages = [...new Set(damage.map(({ stage }) => stage))].join(", ");
  throw new FormatError(join(folder, damage[0].file), `not as it was written: ${damageInWords(damage)}`, {
    help: `rewardscope run --resume --out ${folder} runs again: ${stages}, and what follows`,
  });
}
