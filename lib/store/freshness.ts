import { lastValueFrom, Subject, takeUntil } from 'rxjs';

import { isStorageError, type StorageError } from '../errors/storage-error.js';
import type { DownloadProgress } from '../http/download/download-progress.js';
import type { Downloader } from '../http/downloader/downloader.js';
import type { Resource } from '../resource/resource.js';
import type { ResolvedSource } from './downloads/sources.js';
import type { Item } from './entries/item.js';
import type { Parts } from './parts.js';

/**
 * Whether complete content is still what the server has.
 *
 * All who ask for an entry while it is being asked for share one request, and what follows from
 * it. A new version is fetched beside the old one, where the backend can: leases of the old one
 * keep it.
 */
export class Freshness {
  readonly #parts: Parts;
  readonly #downloader: Downloader;
  readonly #running = new Map<Item, Promise<void>>();
  readonly #closed$ = new Subject<void>();

  constructor(parts: Parts, downloader: Downloader) {
    this.#parts = parts;
    this.#downloader = downloader;
  }

  /** Whether content is older than that, in milliseconds. */
  isStale(item: Item, maxAge: number): boolean {
    if (item.content.state !== 'complete' || maxAge === Infinity) return false;
    const age = Date.now() - (item.record.validatedAt ?? -Infinity);
    // The clock may have been set back since.
    return age < 0 || age >= maxAge;
  }

  /**
   * Resolves once the content of an item is what the server has, or it cannot be told: then what is
   * there is as good as it gets. Never rejects.
   */
  check(item: Item, source: ResolvedSource): Promise<void> {
    const running = this.#running.get(item);
    if (running !== undefined) return running;
    const check = this.#check(item, source).catch(() => undefined);
    this.#running.set(item, check);
    return check.finally(() => this.#running.delete(item));
  }

  /** Ends all checks. */
  close(): void {
    this.#closed$.next();
    this.#closed$.complete();
  }

  async #check(item: Item, source: ResolvedSource): Promise<void> {
    const { catalog, contents } = this.#parts;
    const checkedAt = Date.now();
    const { resource } = contents.open(item);
    try {
      // One request: if it fails, there is something to serve.
      await this.#run(resource, { ...source, revalidate: true, retry: false, range: undefined });
    } catch (error) {
      if (isStorageError(error, 'CHANGED') && !item.isGone) await this.#renew(item, source, error);
      return;
    }
    if (!item.isGone) catalog.note(item, { validatedAt: checkedAt });
  }

  async #renew(item: Item, source: ResolvedSource, error: StorageError): Promise<void> {
    const { backend, catalog, contents, publications } = this.#parts;
    if (!backend.replaces) {
      contents.forget(item, error);
      publications.changed(item);
      return;
    }
    const startedAt = Date.now();
    let contentType: string | undefined;
    const next = contents.replacement(item);
    const { accept = () => true, ...options } = source;
    try {
      await this.#run(next.resource, {
        ...options,
        range: undefined,
        accept: (answer) => {
          const isAccepted = accept(answer);
          if (isAccepted) contentType ??= answer.headers.get('content-type') ?? undefined;
          return isAccepted;
        },
      });
      if (next.resource.status.state !== 'committed' || item.isGone) throw error;
    } catch {
      // Else it was abandoned already, with the item.
      if (item.next === next) contents.abandon(item);
      return;
    }
    publications.together(() => {
      contents.replace(item, next);
      const { contentType: before } = item.record;
      catalog.note(item, { validatedAt: startedAt, contentType: contentType ?? before });
    });
    publications.tell({ kind: 'replaced', key: item.key });
  }

  #run(resource: Resource, { url, ...options }: ResolvedSource): Promise<DownloadProgress> {
    const download$ = this.#downloader.download(resource, url, { ...options, commit: true, onError: 'leave' });
    return lastValueFrom(download$.pipe(takeUntil(this.#closed$)));
  }
}
