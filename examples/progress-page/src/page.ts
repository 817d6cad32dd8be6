/** An element of `index.html`. */
export function element(id: string): HTMLElement;
export function element<E extends HTMLElement>(id: string, type: new () => E): E;
export function element(id: string, type = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} with the id ${id}.`);
  return found;
}

/**
 * Writes a text where it has changed: everything else would be work for the browser, and noise for
 * screen readers.
 */
export function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** The same for an attribute. */
export function setAttribute(target: HTMLElement, name: string, value: string | number): void {
  if (target.getAttribute(name) !== String(value)) target.setAttribute(name, String(value));
}
