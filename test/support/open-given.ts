/** A dictionary of another library as we open it, beside what that library made of the same activations. */
import { join } from "node:path";
import { openSafetensors } from "../../src/io/safetensors.js";
import { loadGivenDictionary } from "../../src/sae/given/given-dictionary.js";

/** @param folder one that test/golden/dictionaries/record.py wrote, with its expected.safetensors */
export async function openGiven(folder: string, layer: number) {
  const file = await openSafetensors(join(folder, "expected.safetensors"));
  const [x, codes, reconstruction] = [
    await file.read("x"),
    await file.read("codes"),
    await file.read("reconstruction"),
  ];
  await file.close();
  const dictionary = await loadGivenDictionary(folder, layer);
  const own = await dictionary.encode(x);
  return {
    ...{ dictionary, x },
    codes: { own: own.data, expected: codes.data },
    reconstruction: { own: (await dictionary.decode(own)).data, expected: reconstruction.data },
  };
}
