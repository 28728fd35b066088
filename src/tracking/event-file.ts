/**
 * TensorBoard's event files: length-prefixed records with CRC-32C of tensorflow.Event messages in
 * protocol buffers' wire format (event.proto, summary.proto, tensor.proto).
 */
import { crc32c } from "@aws-crypto/crc32c";

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

function masked(part: Buffer): Buffer {
  const crc = crc32c(part);
  const out = Buffer.alloc(4);
  out.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return out;
}

/** A record: length, masked CRC of the length, data, masked CRC of the data. */
function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, masked(length), data, masked(data)]);
}

const DT_STRING = 7;

/** SessionLog.START. */
const SESSION_START = 1;

/** Which event: its time in seconds, and its step. */
export interface EventPlace {
  readonly time: number;
  readonly step: number;
}

/** The first record of every event file. @param time in seconds */
export const fileVersion = (time: number): Buffer =>
  record(Buffer.concat([double(1, time), bytes(3, "brain.Event:2")]));

/**
 * A record by which TensorBoard forgets all it has read of the folder, unless it is the first such. It
 * has no step, which means 0.
 */
export const sessionStart = (time: number): Buffer =>
  record(Buffer.concat([double(1, time), bytes(7, integer(1, SESSION_START))]));

function summary({ time, step }: EventPlace, values: readonly Buffer[]): Buffer {
  return record(
    Buffer.concat([double(1, time), integer(2, step), bytes(5, Buffer.concat(values.map((v) => bytes(1, v))))]),
  );
}

/** A record of scalars by tag, in single precision; those that are not finite are left out. */
export function scalarsEvent(place: EventPlace, scalars: Readonly<Record<string, number>>): Buffer {
  const values = Object.entries(scalars).flatMap(([tag, value]) =>
    Number.isFinite(value) ? [Buffer.concat([bytes(1, tag), float(2, value)])] : [],
  );
  return summary(place, values);
}

/** A record of texts by tag, in Markdown: string tensors of one dimension for the plugin `text`. */
export function textsEvent(place: EventPlace, texts: Readonly<Record<string, string>>): Buffer {
  const shape = bytes(2, integer(1, 1));
  const values = Object.entries(texts).map(([tag, value]) => {
    const tensor = Buffer.concat([integer(1, DT_STRING), bytes(2, shape), bytes(8, value)]);
    return Buffer.concat([bytes(1, tag), bytes(8, tensor), bytes(9, bytes(1, bytes(1, "text")))]);
  });
  return summary(place, values);
}

/**
 * The events with a step from 1 to `last` of a file that was written here; a torn or damaged record
 * ends it.
 */
export function recordsUpTo(file: Buffer, last: number): Buffer[] {
  const kept: Buffer[] = [];
  const overhead = 16;
  for (let at = 0; at + overhead <= file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const whole = file.subarray(at, at + overhead + length);
    const data = whole.subarray(12, 12 + length);
    if (whole.length < overhead + length || !masked(data).equals(whole.subarray(12 + length))) break;
    const step = stepOf(data);
    if (step >= 1 && step <= last) kept.push(whole);
    at += whole.length;
  }
  return kept;
}

/** Bytes of an event's time, which comes first. */
const TIME_BYTES = 9;

/** The step of an event, which follows its time; 0 where it has none. */
function stepOf(data: Buffer): number {
  let step = 0;
  if (data[TIME_BYTES] === key(2, VARINT)[0])
    for (let at = TIME_BYTES + 1, factor = 1; at < data.length; at++, factor *= 128) {
      step += (data[at] % 128) * factor;
      if (data[at] < 128) break;
    }
  return step;
}
