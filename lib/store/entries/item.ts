import type { Resource } from '../../resource/resource.js';
import type { EntryRecord, Intent } from '../entry-record.js';
import type { Guard } from '../quota/eviction-order.js';
import type { StoreLease } from '../leases/store-lease.js';
import type { EntryDownload, StoreEntry } from '../store-entry.js';
import type { StoredEntry } from '../backend.js';

/** What is known of content while it is not open. */
export type RestingContent = Pick<StoredEntry, 'state' | 'coveredBytes' | 'expectedLength' | 'identity'>;

/** Content that is open. */
export interface OpenContent {
  readonly resource: Resource;
  /** What the guarded resource does not do for others. */
  readonly owner: Pick<Resource, 'close' | 'discard'>;
}

const NOTHING: RestingContent = { state: 'partial', coveredBytes: 0, expectedLength: undefined, identity: undefined };

/**
 * One entry, as the parts of a store work on it: what it is, and not what is done about it.
 *
 * Each field has one part that sets it, which is named there.
 */
export class Item {
  readonly key: string;
  /** The name that the backend has for the key. */
  readonly name: string;
  /** `Store`; kept by `Durability`. */
  record: EntryRecord;
  /** `UseClock`; kept by `Durability`. */
  usedAt: number;
  /** What it takes where it is stored, in bytes: `Quota`. */
  bytes: number;
  /** `Contents`. */
  open: OpenContent | undefined;
  /** Content that was replaced, and that somebody still has a lease of: `Contents`. */
  readonly former = new Set<OpenContent>();
  /** What is to replace the content, while it is fetched: `Contents`. */
  next: OpenContent | undefined;
  /** As it was when it was closed last: `Contents`. */
  resting: RestingContent = NOTHING;
  /** Nothing but a record was ever stored: `Contents`. */
  isFresh: boolean;
  /** `Contents`. */
  readonly leases = new Set<StoreLease>();
  /** Where it was read last, in bytes: `Contents`. */
  readAt = 0;
  /** Record, content and their names are durable, or are kept so from here on: `Durability`. */
  isDurable: boolean;
  /** Counts what has to be made durable: `Durability`. */
  version = 0;
  /** How its download is getting on, or has ended: `Downloads`. */
  download: EntryDownload | undefined;
  /** Why it may not be evicted now; see `EvictionOrder`. */
  readonly guards = new Set<Guard>();
  /** It is not one of the store's any more: `Catalog`. */
  isGone = false;
  /** What was published last, until that is not true any more: `Publications`. */
  snapshot: StoreEntry | undefined;
  /** The same, also when it is not true any more. */
  published: StoreEntry | undefined;

  constructor(key: string, name: string, record: EntryRecord, usedAt: number, found?: StoredEntry) {
    this.key = key;
    this.name = name;
    this.record = record;
    this.usedAt = usedAt;
    this.bytes = 0;
    this.isFresh = found === undefined;
    this.isDurable = found !== undefined && record.boot === undefined;
    if (found !== undefined) this.resting = found;
  }

  /** What is there now, open or not. */
  get content(): RestingContent {
    const { open } = this;
    if (open === undefined) return this.resting;
    const { status, coveredBytes, expectedLength, identity } = open.resource;
    return { state: status.state === 'committed' ? 'complete' : 'partial', coveredBytes, expectedLength, identity };
  }

  get intent(): Intent | undefined {
    return this.record.intent;
  }

  /** Whether it is pinned now: a pin may have a time at which it ends. */
  get isPinned(): boolean {
    const { pinned } = this.record;
    return typeof pinned === 'number' ? pinned > Date.now() : pinned;
  }
}
