import { toPlainError } from '../../errors/plain-error.js';
import type { DownloadUrl } from '../../http/download/request/source-url.js';
import type { StoreEntry } from '../store-entry.js';
import type { StoreSource } from '../store-options.js';
import type { ResolvedSource } from '../downloads/sources.js';
import type { Question, StoreToClient, StoreToServer } from './messages.js';
import { toSentSource } from './plain.js';

/** Where keys are, as somebody says who uses a store from afar. */
export type RemoteSource = (
  key: string,
  entry: StoreEntry | undefined,
) => StoreSource | undefined | Promise<StoreSource | undefined>;

/** Answers what the serving side asks, by functions that were given here. */
export class Answers {
  readonly #source: RemoteSource | undefined;
  readonly #entry: (key: string) => StoreEntry | undefined;
  /** By key: what was given with calls, and what `source` has returned last. */
  readonly #urls = new Map<string, () => unknown>();
  readonly #sourceUrls = new Map<string, () => unknown>();

  constructor(source: RemoteSource | undefined, entry: (key: string) => StoreEntry | undefined) {
    this.#source = source;
    this.#entry = entry;
  }

  /** A call gives a URL of a key. */
  given(key: string, url: DownloadUrl | undefined): void {
    if (typeof url === 'function') this.#urls.set(key, url);
    else if (url !== undefined) this.#urls.delete(key);
  }

  async answer({ ask, what, key }: StoreToClient & { type: 'ask' }): Promise<StoreToServer> {
    try {
      return { type: 'answer', ask, value: await this.#answer(what, key) };
    } catch (error) {
      return { type: 'answer', ask, error: toPlainError(error) };
    }
  }

  async #answer(what: Question, key: string): Promise<unknown> {
    if (what === 'source') return this.#askSource(key);
    const url = (what === 'url' ? this.#urls : this.#sourceUrls).get(key);
    return String(await url?.());
  }

  async #askSource(key: string): Promise<unknown> {
    const source = await this.#source?.(key, this.#entry(key));
    if (source === undefined) return undefined;
    const isOptions = typeof source === 'object' && !(source instanceof URL);
    const resolved: ResolvedSource = isOptions ? source : { url: source };
    if (typeof resolved.url === 'function') this.#sourceUrls.set(key, resolved.url);
    return toSentSource(resolved, key);
  }
}
