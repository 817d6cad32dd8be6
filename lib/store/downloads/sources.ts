import type { DownloadOptions } from '../../http/download/download-options.js';
import type { DownloadUrl } from '../../http/download/request/source-url.js';
import type { StoreSource, StoreUrl } from '../store-options.js';

/** How to fetch an entry. */
export type ResolvedSource = DownloadOptions & StoreUrl;

/** Where the content of keys is, as the `source` of a store says. */
export class Sources {
  readonly #source: ((key: string) => StoreSource | undefined) | undefined;

  constructor(source: ((key: string) => StoreSource | undefined) | undefined) {
    this.#source = source;
  }

  /**
   * Undefined: nobody knows. Throws what `source` throws, which is not asked where a URL is given.
   *
   * @param kept - where it was when its intent began, for a key that `source` does not know
   */
  of(key: string, url?: DownloadUrl, kept?: string): ResolvedSource | undefined {
    if (url !== undefined) return { url };
    const source = this.#source?.(key) ?? kept;
    if (source === undefined) return undefined;
    return typeof source === 'object' && !(source instanceof URL) ? source : { url: source };
  }
}
