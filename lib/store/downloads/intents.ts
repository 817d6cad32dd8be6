import type { DownloadUrl } from '../../http/download/request/source-url.js';
import type { Item } from '../entries/item.js';
import type { Intent } from '../entry-record.js';
import type { Parts } from '../parts.js';
import type { AcquireOptions } from '../store-options.js';

/** Whose interest the intent of an entry is. */
const INTENT = Object.freeze({});

/** What is to be downloaded, also after a restart: what the records say of it. */
export class Intents {
  readonly #parts: Pick<Parts, 'catalog' | 'downloads'>;

  constructor(parts: Pick<Parts, 'catalog' | 'downloads'>) {
    this.#parts = parts;
  }

  /** Has an item downloaded, also after a pause or a failure. Throws what the backend does. */
  begin(item: Item, { priority = 'background', range, url }: Omit<AcquireOptions, 'metadata'>): void {
    if (item.content.state === 'complete') return;
    const kept = url === undefined ? item.intent?.url : textOf(url);
    const intent: Intent = { state: 'active', priority, range: range && { ...range }, url: kept };
    if (!isSame(intent, item.intent)) this.#parts.catalog.update(item, { intent });
    this.#want(item, intent, url);
  }

  /** Goes on with what an item that was stored says. */
  goOn(item: Item): void {
    const { intent } = item;
    if (intent === undefined) return;
    if (item.content.state === 'complete') this.#parts.catalog.note(item, { intent: undefined });
    else this.#want(item, intent, undefined);
  }

  /** Throws what the backend does. */
  pause(item: Item): void {
    const { intent } = item;
    if (intent === undefined || item.content.state === 'complete') return;
    this.#parts.catalog.update(item, { intent: { ...intent, state: 'paused' } });
    this.#parts.downloads.leave(item, INTENT);
    this.#parts.downloads.forgive(item);
  }

  #want(item: Item, { state, priority, range }: Intent, url: DownloadUrl | undefined): void {
    if (state === 'active') this.#parts.downloads.want(item, INTENT, { priority, range, url });
  }
}

/** What can be kept of a URL: nothing of a function. */
function textOf(url: DownloadUrl): string | undefined {
  return typeof url === 'function' ? undefined : String(url);
}

function isSame(one: Intent, other: Intent | undefined): boolean {
  return (
    one.state === other?.state &&
    one.priority === other.priority &&
    one.range?.start === other.range?.start &&
    one.range?.end === other.range?.end &&
    one.url === other.url
  );
}
