import { expect, test } from "vitest";
import { ProtobufWriter } from "./protobuf.js";

const hex = (writer: ProtobufWriter): string => Buffer.from(writer.finish()).toString("hex");

test("the examples of the protocol buffers' encoding guide", () => {
  expect(hex(new ProtobufWriter().int(1, 150))).toBe("089601");
  expect(hex(new ProtobufWriter().string(2, "testing"))).toBe("120774657374696e67");
  expect(hex(new ProtobufWriter().message(3, (inner) => inner.int(1, 150)))).toBe("1a03089601");
});

test("negative integers are ten bytes, big ones keep all bits, floats are little-endian", () => {
  expect(hex(new ProtobufWriter().int(1, -2))).toBe("08feffffffffffffffff01");
  expect(hex(new ProtobufWriter().int(1, 2n ** 63n - 1n))).toBe("08ffffffffffffffff7f");
  expect(hex(new ProtobufWriter().int(1, 0))).toBe("0800");
  expect(hex(new ProtobufWriter().float(2, 1))).toBe("150000803f");
});

test("fields above 15 take a tag of two bytes, texts are UTF-8", () => {
  expect(hex(new ProtobufWriter().int(20, 1))).toBe("a00101");
  expect(hex(new ProtobufWriter().string(1, "é"))).toBe("0a02c3a9");
});
