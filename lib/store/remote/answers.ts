import { toPlainError } from '../../errors/plain-error.js';
import { checkUrl, type DownloadUrl } from '../../http/download/request/source-url.js';
import type { StoreEntry } from '../store-entry.js';
import type { StoreSource } from '../store-options.js';
import { unknownSourceError } from '../downloads/download-errors.js';
import { resolvedSource } from '../downloads/sources.js';
import type { Question, StoreToClient, StoreToServer } from './messages.js';
import { toSentSource } from './plain.js';

/** Where keys are, as somebody says who uses a store from afar. */
export type RemoteSource = (
  key: string,
  entry: StoreEntry | undefined,
) => StoreSource | undefined | Promise<StoreSource | undefined>;

type MadeUrl = Exclude<DownloadUrl, string | URL>;

/** Answers what the serving side asks, by functions that were given here. */
export class Answers {
  readonly #source: RemoteSource | undefined;
  readonly #entry: (key: string) => StoreEntry | undefined;
  /** By key: what was given with calls, and what `source` has returned last. */
  readonly #urls = new Map<string, MadeUrl>();
  readonly #sourceUrls = new Map<string, MadeUrl>();

  constructor(source: RemoteSource | undefined, entry: (key: string) => StoreEntry | undefined) {
    this.#source = source;
    this.#entry = entry;
  }

  /** A call gives a URL of a key. A function is kept: what it was given for may go on. */
  given(key: string, url: DownloadUrl | undefined): void {
    if (typeof url === 'function') this.#urls.set(key, url);
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
    if (url === undefined) throw unknownSourceError(key);
    return checkUrl(await url());
  }

  async #askSource(key: string): Promise<unknown> {
    const source = await this.#source?.(key, this.#entry(key));
    const resolved = resolvedSource(source ?? undefined);
    if (resolved === undefined) return undefined;
    if (typeof resolved.url === 'function') this.#sourceUrls.set(key, resolved.url);
    return toSentSource(resolved, key);
  }
}
