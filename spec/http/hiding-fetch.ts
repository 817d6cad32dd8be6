/**
 * What every page may see of an answer, beside what is exposed to it (Fetch Standard, section
 * 3.2.3).
 */
const SAFE = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
];

/**
 * A `fetch` whose answers look as they do to a page of another origin to which `exposed` is
 * exposed.
 */
export function hidingFetch(...exposed: string[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const headers = new Headers();
    for (const name of [...SAFE, ...exposed]) {
      const value = response.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    return Object.defineProperties(response, { type: { value: 'cors' }, headers: { value: headers } });
  };
}
