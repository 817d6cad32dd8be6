import type { DownloadOptions } from '../../http/download/download-options.js';
import type { DownloadUrl } from '../../http/download/request/source-url.js';
import type { StoreSource, StoreUrl } from '../store-options.js';

/** How to fetch an entry. */
export type ResolvedSource = DownloadOptions & StoreUrl;

/** Where the content of keys is, as the `source` of a store says. */
export class Sources {
  /** Somebody can be asked. */
  readonly areGiven: boolean;
  readonly #source: ((key: string) => StoreSource | undefined) | undefined;

  constructor(source: ((key: string) => StoreSource | undefined) | undefined) {
    this.areGiven = source !== undefined;
    this.#source = source;
  }

  /** Undefined: nobody knows. Throws what `source` throws. */
  of(key: string, url?: DownloadUrl): ResolvedSource | undefined {
    if (url !== undefined) return { url };
    const source = this.#source?.(key);
    if (source === undefined) return undefined;
    return typeof source === 'object' && !(source instanceof URL) ? source : { url: source };
  }
}
