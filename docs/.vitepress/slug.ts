/**
 * The address of a heading inside its page, as GitHub makes it, so that a link to a section works in the repository and on the site.
 * Letters and digits of any script stay, spaces become hyphens, everything else goes.
 */
export const slug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
