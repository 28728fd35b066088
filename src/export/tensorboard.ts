/**
 * Export of the tuning curves and samples as a TensorBoard event file: length-prefixed records with
 * CRC-32C of tensorflow.Event messages in protocol buffers' wire format (event.proto, summary.proto,
 * tensor.proto).
 */
import { join } from "node:path";
import { crc32c } from "@aws-crypto/crc32c";
import { FormatError } from "../errors.js";
import { writeFileAtomic } from "../io/atomic.js";
import { readRun } from "../results/read-run.js";

/** Wire types of protocol buffers. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

const key = (field: number, wire: number): Buffer => varint(field * 8 + wire);

function fixed(field: number, wire: number, size: 4 | 8, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  if (size === 8) bytes.writeDoubleLE(value);
  else bytes.writeFloatLE(value);
  return Buffer.concat([key(field, wire), bytes]);
}

const double = (field: number, value: number) => fixed(field, FIXED64, 8, value);
const float = (field: number, value: number) => fixed(field, FIXED32, 4, value);
const integer = (field: number, value: number) => Buffer.concat([key(field, VARINT), varint(value)]);
const bytes = (field: number, value: Uint8Array | string) => {
  const data = Buffer.from(value as string);
  return Buffer.concat([key(field, BYTES), varint(data.length), data]);
};

/** A record: length, masked CRC of the length, data, masked CRC of the data. */
function record(data: Buffer): Buffer {
  const masked = (part: Buffer): Buffer => {
    const crc = crc32c(part);
    const out = Buffer.alloc(4);
    out.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
    return out;
  };
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, masked(length), data, masked(data)]);
}

const DT_STRING = 7;

/** Values of one batch. Events without a clock: the export of a run is always the same bytes. */
function event(step: number, values: readonly Buffer[]): Buffer {
  return record(
    Buffer.concat([double(1, step), integer(2, step), bytes(5, Buffer.concat(values.map((v) => bytes(1, v))))]),
  );
}

const scalar = (tag: string, value: number): Buffer => Buffer.concat([bytes(1, tag), float(2, value)]);

/** A text of the plugin `text`: a string tensor of one dimension. */
function text(tag: string, value: string): Buffer {
  const shape = bytes(2, integer(1, 1));
  const tensor = Buffer.concat([integer(1, DT_STRING), bytes(2, shape), bytes(8, value)]);
  return Buffer.concat([bytes(1, tag), bytes(8, tensor), bytes(9, bytes(1, bytes(1, "text")))]);
}

/**
 * Writes `events.out.tfevents.0000000000.rewardscope`: the metrics of every batch by TRL's names, and the
 * sampled completions.
 * @throws FormatError when the run has no metrics
 */
export async function writeTensorboard(run: string, folder: string): Promise<void> {
  const { metrics, samples } = await readRun(run);
  if (metrics.length === 0)
    throw new FormatError(run, "the run has no metrics of tuning", { help: "Only a run that tunes a model has." });
  const records = [record(Buffer.concat([double(1, 0), bytes(3, "brain.Event:2")]))];
  for (const { batch, ...values } of metrics) {
    const scalars = Object.entries(values).flatMap(([tag, value]) =>
      Number.isFinite(value) ? [scalar(tag, value)] : [],
    );
    records.push(event(batch, scalars));
    const here = samples.filter((sample) => sample.batch === batch);
    const texts = here.map(({ query, base, tuned, baseReward, tunedReward }, i) =>
      text(
        `samples/${i}`,
        `**${query}**\n\nbase (${baseReward.toFixed(2)}): ${base}\n\ntuned (${tunedReward.toFixed(2)}): ${tuned}`,
      ),
    );
    if (texts.length > 0) records.push(event(batch, texts));
  }
  await writeFileAtomic(join(folder, "events.out.tfevents.0000000000.rewardscope"), Buffer.concat(records));
}
