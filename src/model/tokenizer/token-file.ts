/**
 * A corpus as a file of 16-bit token ids, with end-of-text tokens between texts. Windows are read
 * at random positions.
 */
import { type FileHandle, open } from "node:fs/promises";
import { FormatError, RewardscopeError } from "../../errors.js";
import { writeAtomically } from "../../io/atomic.js";
import type { Tokenizer } from "../language-model.js";

/**
 * Writes the token ids of all texts; returns the numbers of tokens and characters.
 * @throws RewardscopeError INVALID_INPUT when the vocabulary does not fit 16 bits
 */
export async function writeTokenFile(
  path: string,
  texts: AsyncIterable<{ text: string }>,
  tokenizer: Tokenizer,
  onProgress?: (tokens: number) => void,
): Promise<{ tokens: number; characters: number }> {
  if (tokenizer.vocabSize > 65536)
    throw new RewardscopeError(
      "INVALID_INPUT",
      `a token file can have ids below 65536, the vocabulary has ${tokenizer.vocabSize}`,
    );
  let tokens = 0;
  let characters = 0;
  const separator = tokenizer.eosTokenId ?? 0;
  await writeAtomically(path, async (file) => {
    for await (const { text } of texts) {
      const ids = Uint16Array.from([...tokenizer.encode(text), separator]);
      await file.writeFile(new Uint8Array(ids.buffer));
      tokens += ids.length;
      characters += text.length;
      onProgress?.(tokens);
    }
  });
  return { tokens, characters };
}

/** An open file of `writeTokenFile`; close it after use. */
export class TokenFile {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    readonly tokens: number,
  ) {}

  static async open(path: string): Promise<TokenFile> {
    const file = await open(path).catch((cause) => {
      throw new FormatError(path, "cannot be read", { cause });
    });
    return new TokenFile(path, file, Math.floor((await file.stat()).size / 2));
  }

  /** `length` tokens from `start`. @throws FormatError when the file does not contain them */
  async window(start: number, length: number): Promise<Uint16Array> {
    if (start < 0 || start + length > this.tokens)
      throw new FormatError(
        this.path,
        `${length} tokens from ${start} on were asked for, the file holds ${this.tokens}`,
      );
    const bytes = new Uint8Array(length * 2);
    await this.file.read(bytes, 0, bytes.length, start * 2);
    return new Uint16Array(bytes.buffer);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
