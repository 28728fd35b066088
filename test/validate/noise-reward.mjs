/** A reward that nothing in a text predicts: a number between -2 and 2 from its hash, the same for the same text. */
import { createHash } from "node:crypto";

export default (texts) => texts.map((text) => createHash("sha256").update(text).digest().readInt32LE() / 2 ** 30);
