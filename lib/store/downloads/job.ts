import type { Subscription } from 'rxjs';

import type { DownloadUrl } from '../../http/download/request/source-url.js';
import { type DownloadPriority, PRIORITIES } from '../../http/downloader/active-download.js';
import type { ByteRange } from '../../range/byte-range.js';
import type { Item } from '../entries/item.js';

/** What somebody wants of an entry. */
export interface Interest {
  readonly priority: DownloadPriority;
  /** Half-open, in bytes; undefined: everything. */
  readonly range: ByteRange | undefined;
  /** Where it is; undefined: as the store's `source` says. */
  readonly url: DownloadUrl | undefined;
}

/** The download of one entry, for as long as somebody wants it. */
export class Job {
  readonly item: Item;
  /** Which of the store's jobs it is. */
  readonly order: number;
  /** By whose they are: a lease, or the intent. */
  readonly interests = new Map<object, Interest>();
  /** What was asked for when it was started last. */
  range: ByteRange | undefined;
  running: Subscription | undefined;
  /** When it was started last, in epoch milliseconds. */
  startedAt = 0;
  /** The length of the content in bytes, as its answer told. */
  total: number | undefined;
  /** Where the length is not known: so much room is needed to go on, in bytes. */
  least = 1;
  /** It was stopped for lack of room by the error that it is about to end with. */
  isRefused = false;
  /** How often content of another version was begun. */
  renewals = 0;

  constructor(item: Item, order: number) {
    this.item = item;
    this.order = order;
  }

  /** Takes note of what it is started with. */
  begin(): void {
    this.range = this.wantsAll ? undefined : this.nextRange;
    this.startedAt = Date.now();
  }

  /** The highest that anybody wants it with. */
  get priority(): DownloadPriority {
    const ranks = Array.from(this.interests.values(), ({ priority }) => PRIORITIES.indexOf(priority));
    return PRIORITIES[Math.min(...ranks)] ?? 'background';
  }

  get url(): DownloadUrl | undefined {
    for (const { url } of this.interests.values()) if (url !== undefined) return url;
    return undefined;
  }

  /** The length of the content, as far as it is known. */
  get length(): number | undefined {
    return this.item.content.expectedLength ?? this.total;
  }

  get wantsAll(): boolean {
    return [...this.interests.values()].some(({ range }) => range === undefined);
  }

  /** The first of the ranges that somebody wants which is not there. */
  get nextRange(): ByteRange | undefined {
    return this.#ranges.find((range) => missingIn(this.item, range) > 0);
  }

  /** Whether all that anybody wants is there. */
  get isDone(): boolean {
    if (this.item.content.state === 'complete') return true;
    return !this.wantsAll && this.item.open !== undefined && this.nextRange === undefined;
  }

  /** How many bytes are still to come, as far as is known. */
  get missingBytes(): number {
    const { length } = this;
    if (this.wantsAll) return length === undefined ? this.least : Math.max(0, length - this.item.content.coveredBytes);
    const bytes = this.#ranges.reduce((sum, range) => sum + missingIn(this.item, range), 0);
    // A range may end far behind the content.
    return length === undefined ? Math.min(this.least, bytes) : bytes;
  }

  /** How many bytes of content there will be at least, as far as is known. */
  get wantedBytes(): number {
    const { length } = this;
    if (length === undefined || this.wantsAll) return length ?? 0;
    return this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** What somebody wants, in ascending order, disjoint. */
  get #ranges(): ByteRange[] {
    const length = this.length ?? Infinity;
    const wanted = Array.from(this.interests.values(), ({ range }) => range)
      .filter((range) => range !== undefined)
      .map(({ start, end }) => ({ start, end: Math.min(end, length) }))
      .filter(({ start, end }) => start < end)
      .sort((one, other) => one.start - other.start);
    const ranges: ByteRange[] = [];
    for (const range of wanted) {
      const last = ranges.at(-1);
      if (last === undefined || last.end < range.start) ranges.push(range);
      else ranges[ranges.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    }
    return ranges;
  }
}

/** Orders jobs by priority, then by time. */
export function compareJobs(one: Job, other: Job): number {
  return PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority) || one.order - other.order;
}

/** All of it where nobody has looked at what is there. */
function missingIn({ open, content }: Item, { start, end }: ByteRange): number {
  if (content.state === 'complete') return 0;
  if (open === undefined) return end - start;
  return end - start - open.resource.coverage.coveredBytesIn({ start, end });
}
