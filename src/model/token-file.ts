/** A corpus as a file of 16-bit token ids, texts separated by end of text, from which windows are read at random. */
import { type FileHandle, open } from "node:fs/promises";
import { FormatError } from "../errors.js";
import { writeAtomically } from "../io/atomic.js";
import type { Tokenizer } from "./language-model.js";

/** Writes the token ids of all texts; returns how many tokens and characters there were. */
export async function writeTokenFile(
  path: string,
  texts: AsyncIterable<{ text: string }>,
  tokenizer: Tokenizer,
  onProgress?: (tokens: number) => void,
): Promise<{ tokens: number; characters: number }> {
  let tokens = 0;
  let characters = 0;
  const separator = tokenizer.eosTokenId ?? 0;
  await writeAtomically(path, async (file) => {
    for await (const { text } of texts) {
      const ids = Uint16Array.from([...tokenizer.encode(text), separator]);
      await file.write(new Uint8Array(ids.buffer));
      tokens += ids.length;
      characters += text.length;
      onProgress?.(tokens);
    }
  });
  return { tokens, characters };
}

export class TokenFile {
  private constructor(
    private readonly file: FileHandle,
    readonly tokens: number,
  ) {}

  static async open(path: string): Promise<TokenFile> {
    const file = await open(path).catch((cause) => {
      throw new FormatError(path, "cannot be read", { cause });
    });
    return new TokenFile(file, (await file.stat()).size / 2);
  }

  /** `length` tokens from `start` on. */
  async window(start: number, length: number): Promise<Uint16Array> {
    const bytes = new Uint8Array(length * 2);
    await this.file.read(bytes, 0, bytes.length, start * 2);
    return new Uint16Array(bytes.buffer);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
