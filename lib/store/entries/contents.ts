import type { StorageError } from '../../errors/storage-error.js';
import type { ByteRange } from '../../range/byte-range.js';
import { Resource } from '../../resource/resource.js';
import { guardResource } from '../leases/guard-resource.js';
import { StoreLease } from '../leases/store-lease.js';
import type { Parts } from '../parts.js';
import { farthestRanges } from '../quota/farthest-ranges.js';
import { MeteredDriver } from '../quota/metered-driver.js';
import { meterOf } from './meter-of.js';
import type { Item, OpenContent, RestingContent } from './item.js';

const NOTHING: RestingContent = { state: 'partial', coveredBytes: 0, expectedLength: undefined, identity: undefined };
/** At least so much of a partial entry goes at a time, in bytes: each time costs a checkpoint. */
const LEAST = 2 ** 20;

/**
 * The content of entries while it is used: one resource each, which leases and the download share.
 *
 * It is open as long as there is a lease or a download is running, and until what has come is safe.
 */
export class Contents {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Opens content, unless it is open; throws what opening a resource does. */
  open(item: Item): OpenContent {
    if (item.open !== undefined) return item.open;
    const { isFresh } = item;
    const open = this.#opened(item, { isFresh, replaces: false });
    item.isFresh = false;
    this.#adopt(item, open);
    return open;
  }

  /** Opens new content beside that of an item, which it does not become part of. */
  replacement(item: Item): OpenContent {
    const next = this.#opened(item, { isFresh: false, replaces: true });
    item.next = next;
    return next;
  }

  /** Drops the new content of an item, if there is any that has not become its own. */
  abandon(item: Item): void {
    const { next } = item;
    if (next === undefined) return;
    item.next = undefined;
    try {
      next.owner.discard();
    } finally {
      this.#parts.quota.count(item);
    }
  }

  /**
   * Puts a replacement that is committed in the place of the content. Leases keep what they have.
   */
  replace(item: Item, next: OpenContent): void {
    const { durability, quota } = this.#parts;
    const { open } = item;
    item.next = undefined;
    this.#adopt(item, next);
    if (open !== undefined) {
      item.former.add(open);
      this.#closeFormer(item);
    }
    quota.count(item);
    durability.committed(item);
  }

  /** Drops complete content of an older version, and ends its leases with an error. */
  forget(item: Item, error: StorageError): void {
    for (const lease of [...item.leases]) lease.end(error);
    this.#drop(item);
  }

  #opened(item: Item, how: { readonly isFresh: boolean; readonly replaces: boolean }): OpenContent {
    const driver = this.#parts.backend.driver(item.name, { ...how, isDurable: () => item.isDurable });
    const opened: { resource?: Resource } = {};
    const resource = Resource.open(new MeteredDriver(driver, meterOf(this.#parts, item, opened)));
    opened.resource = resource;
    return { resource, owner: guardResource(resource) };
  }

  #adopt(item: Item, open: OpenContent): void {
    const { resource } = open;
    item.open = open;
    let before = resource.status.state;
    resource.status$.subscribe(({ state }) => {
      if (item.open !== open || state === before) return;
      before = state;
      if (state === 'committed') this.#committed(item);
      else if (state !== 'closed') this.#parts.publications.changed(item);
    });
  }

  /** A new lease of content, which is opened; throws what {@link open} does. */
  lease(item: Item): StoreLease {
    const { order, clock, durability, publications } = this.#parts;
    const { resource } = this.open(item);
    const lease = new StoreLease(resource, {
      key: item.key,
      get contentType() {
        return item.record.contentType;
      },
      readAt: (offset) => {
        item.readAt = offset;
      },
      released: () => {
        this.#released(item, lease);
      },
    });
    item.leases.add(lease);
    order.change(item, () => {
      item.usedAt = clock.next();
      item.guards.add('leased');
    });
    durability.used(item);
    publications.changed(item);
    return lease;
  }

  /** Closes content that nobody uses any more, once what has come is safe. */
  linger(item: Item): void {
    const { open } = item;
    if (open === undefined || this.#isUsed(item)) return;
    if (open.resource.status.state !== 'active') {
      this.#closeQuietly(item);
      return;
    }
    const close = (): void => {
      if (item.open === open && !this.#isUsed(item)) this.#closeQuietly(item);
    };
    // What cannot be made safe is not safer while it is open.
    open.resource.checkpoint().then(close, close);
  }

  /** Closes content; what has come of it is kept. Throws if some of it could not be. */
  close(item: Item): void {
    const { open, content } = item;
    if (open === undefined) return;
    item.open = undefined;
    item.resting = content;
    try {
      open.owner.close();
    } catch (error) {
      item.resting = this.#stored(item);
      throw error;
    } finally {
      if (content.state === 'partial') this.#parts.quota.count(item);
      this.#parts.publications.counted(item);
    }
  }

  /** Ends leases, with `CLOSED` or an error; content that is not complete is dropped. */
  end(item: Item, error?: StorageError): void {
    this.abandon(item);
    for (const lease of [...item.leases]) lease.end(error);
    if (item.content.state === 'complete') this.close(item);
    else this.#drop(item);
  }

  /**
   * Gives bytes of partial content up that nobody uses: those farthest from where it was read last.
   * Returns what went; nothing if all of it would have to go, unless `whole` says that it may.
   */
  shrink(item: Item, needed: number, whole: boolean): readonly ByteRange[] {
    const { resource } = this.open(item);
    const { coverage, coveredBytes } = resource;
    const amount = Math.max(needed, Math.min(LEAST, coveredBytes / 4));
    const before = item.bytes;
    if (resource.driver.capabilities.evicts === true && amount < coveredBytes) {
      const ranges = farthestRanges(coverage.toArray(), item.readAt, amount);
      for (const range of ranges) resource.evict(range);
      this.#closeQuietly(item);
      if (item.bytes < before) return ranges;
    }
    if (!whole) return [];
    this.#drop(item);
    return coverage.toArray();
  }

  /** What could not be kept is not there any more, and is fetched again by who wants it. */
  #closeQuietly(item: Item): void {
    try {
      this.close(item);
    } catch {
      // The entry shows what is left.
    }
  }

  /** What is there of content that was closed, as far as it can be read. */
  #stored(item: Item): RestingContent {
    try {
      const { resource, owner } = this.#opened(item, { isFresh: false, replaces: false });
      const { coveredBytes, expectedLength, identity } = resource;
      owner.close();
      return { state: 'partial', coveredBytes, expectedLength, identity };
    } catch {
      return NOTHING;
    }
  }

  #drop(item: Item): void {
    const { owner } = this.open(item);
    item.open = undefined;
    item.resting = NOTHING;
    try {
      owner.discard({ committed: true });
    } finally {
      this.#parts.quota.count(item);
    }
  }

  #isUsed(item: Item): boolean {
    return item.leases.size > 0 || item.guards.has('opening') || this.#parts.downloads.isRunning(item);
  }

  #released(item: Item, lease: StoreLease): void {
    const { order, downloads, publications, clock, durability, quota } = this.#parts;
    item.leases.delete(lease);
    this.#closeFormer(item);
    publications.together(() => {
      downloads.leave(item, lease);
      if (item.leases.size === 0) {
        order.change(item, () => {
          // It was used until now.
          item.usedAt = clock.next();
          item.guards.delete('leased');
        });
        durability.used(item);
        this.linger(item);
        downloads.admitSoon();
        quota.reduceSoon();
      }
      publications.changed(item);
    });
  }

  /** Closes content that was replaced and that nobody has a lease of any more. */
  #closeFormer(item: Item): void {
    for (const former of item.former) {
      if ([...item.leases].some(({ resource }) => resource === former.resource)) continue;
      item.former.delete(former);
      former.owner.close();
      this.#parts.quota.count(item);
      this.#parts.downloads.admitSoon();
      this.#parts.quota.reduceSoon();
    }
  }

  #committed(item: Item): void {
    const { backend, quota, durability, downloads, publications } = this.#parts;
    // The identity has a file of its own. All of it is counted once it is durable.
    if (item.content.identity !== undefined && backend.blockBytes > 1) quota.add(item, backend.blockBytes);
    durability.committed(item);
    publications.together(() => {
      downloads.committed(item);
      publications.changed(item);
    });
    publications.tell({ kind: 'complete', key: item.key });
    this.linger(item);
  }
}
