import { StorageError } from '../../errors/storage-error.js';
import { abortedError, onAbort } from '../../waits/abort.js';
import type { ResolvedSource, Sources } from '../downloads/sources.js';
import type { EntryRecord, Metadata } from '../entry-record.js';
import type { Freshness } from '../freshness.js';
import type { Parts } from '../parts.js';
import { type AcquireOptions, checkAcquire, checkKey } from '../store-options.js';
import type { Item } from './item.js';

type Description<M extends Metadata> = Pick<AcquireOptions<M>, 'metadata' | 'group' | 'contentType'>;

/** How callers get at the item of a key. */
export class Access<M extends Metadata> {
  readonly #parts: Pick<Parts, 'catalog' | 'contents' | 'order'>;
  readonly #sources: Sources;
  readonly #freshness: Freshness;
  readonly #assertOpen: (asked: string) => void;

  constructor(
    parts: Pick<Parts, 'catalog' | 'contents' | 'order'>,
    sources: Sources,
    freshness: Freshness,
    assertOpen: (asked: string) => void,
  ) {
    this.#parts = parts;
    this.#sources = sources;
    this.#freshness = freshness;
    this.#assertOpen = assertOpen;
  }

  /** Uses the item of a key, once its content is no older than it may be. */
  async use<T>(key: string, options: AcquireOptions<M>, asked: string, action: (item: Item) => T): Promise<T> {
    const { order, contents } = this.#parts;
    for (;;) {
      const item = this.#known(key, options, asked) ?? this.#make(key, options, asked);
      if (item instanceof Promise) {
        // Nothing keeps it as long as this waits: it is looked for once more.
        await item;
        continue;
      }
      order.guard(item, 'opening');
      try {
        this.describe(item, options);
        const { maxAge = Infinity } = options;
        if (this.#freshness.isStale(item, maxAge)) await this.#freshen(item, options, asked);
        // Else it was removed meanwhile, and is new now, if anything.
        if (!item.isGone) return action(item);
      } finally {
        order.unguard(item, 'opening');
        contents.linger(item);
      }
    }
  }

  /** Keeps what is new of a description; throws what the backend does. */
  describe(item: Item, description: Description<M>): void {
    const about = newOf(description, item.record);
    if (Object.keys(about).length > 0) this.#parts.catalog.update(item, about);
  }

  #known(key: string, options: AcquireOptions<M>, asked: string): Item | undefined {
    checkKey(key);
    checkAcquire(options);
    this.#assertUsable(options.signal, asked);
    return this.#parts.catalog.items.get(key);
  }

  /** Makes a new one where somebody knows where it is. */
  #make(key: string, options: AcquireOptions<M>, asked: string): Item | Promise<Item> {
    const { signal, url } = options;
    const add = (source: ResolvedSource | undefined): Item => {
      const { catalog } = this.#parts;
      const known = catalog.items.get(key);
      if (known !== undefined) return known;
      if (source !== undefined) return catalog.add(key, newOf(options));
      throw new StorageError(
        'NOT_FOUND',
        `${asked}, ${JSON.stringify(key).slice(0, 80)}, which this store does not have, and nobody knows where it is. ` +
          'Pass a url, or open the store with a source that knows it.',
      );
    };
    const source = this.#sources.of(key, url);
    if (!(source instanceof Promise)) return add(source);
    return abortable(source, asked, signal).then((found) => {
      this.#assertUsable(signal, asked);
      return add(found);
    });
  }

  #assertUsable(signal: AbortSignal | undefined, asked: string): void {
    if (signal?.aborted === true) throw abortedError(asked, signal);
    this.#assertOpen(asked);
  }

  async #freshen(item: Item, { url, signal }: AcquireOptions<M>, asked: string): Promise<void> {
    const given = this.#sources.of(item.key, url);
    const source = given instanceof Promise ? await abortable(given, asked, signal) : given;
    if (source === undefined || item.isGone) return;
    await abortable(this.#freshness.check(item, source), asked, signal);
    this.#assertOpen(asked);
  }
}

/** What of a description a record does not have. */
function newOf<M extends Metadata>(description: Description<M>, record?: EntryRecord): Partial<EntryRecord> {
  const { metadata, group, contentType } = description;
  const about: { -readonly [K in keyof EntryRecord]?: EntryRecord[K] } = {};
  if (group !== undefined && group !== record?.group) about.group = group;
  if (contentType !== undefined && contentType !== record?.contentType) about.contentType = contentType;
  if (metadata === undefined) return about;
  const merged: Metadata = { ...record?.metadata };
  for (const [name, value] of Object.entries<Metadata[string] | undefined>(metadata))
    if (value !== undefined) merged[name] = value;
  const isNew = Object.keys(merged).some((name) => !Object.is(merged[name], record?.metadata[name]));
  if (isNew) about.metadata = Object.freeze(merged);
  return about;
}

/** Rejects with `CANCELLED` when the signal is aborted before. */
function abortable<T>(promise: Promise<T>, asked: string, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => {
      reject(abortedError(asked, signal));
    });
    promise.then(resolve, reject).finally(stopListening);
  });
}
