/** Which folder a model's name means. */
import { assetPath } from "../assets.js";

/** `embedded` is the model that ships with the package; anything else is a folder in the Hub's layout. */
export function modelFolder(idOrFolder: string): string {
  return idOrFolder === "embedded" ? assetPath("embedded") : idOrFolder;
}
