/** Finding and making elements of a page. */

/** The element of a selector, which must exist. */
export const find = <T extends HTMLElement>(selector: string): T => document.querySelector<T>(selector)!;

/** An element with its properties and children. Texts become text nodes, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
