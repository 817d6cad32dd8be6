import type { StorageError } from '../../errors/storage-error.js';
import type { Downloader } from '../../http/downloader/downloader.js';
import type { Item } from '../entries/item.js';
import type { Parts } from '../parts.js';
import type { EntryDownload } from '../store-entry.js';
import { planDownloads } from './admission.js';
import { DiskWatch } from './disk-watch.js';
import { downloadError, tooLargeError, waitingError } from './download-errors.js';
import { JobRunner } from './job-runner.js';
import { compareJobs, type Interest, Job } from './job.js';
import { setPriority } from './set-priority.js';
import { QUEUED, showDownload } from './show-download.js';
import type { Sources } from './sources.js';

/** So many run at once: the first, and those that somebody has a lease of. */
const AT_ONCE = 32;
/** So much room at least before a download without a known length goes on, in bytes. */
const STEP = 2 ** 18;

/**
 * What is being fetched: one download for each entry that somebody wants to have fetched.
 *
 * None of them errors at anybody: what fails is the entry's state, and `changes$` says it.
 */
export class Downloads {
  readonly downloader: Downloader;
  readonly #parts: Parts;
  readonly #runner: JobRunner;
  readonly #jobs = new Map<Item, Job>();
  readonly #diskWatch = new DiskWatch(() => {
    this.admitSoon();
  });
  #begun = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor(parts: Parts, downloader: Downloader, sources: Sources) {
    this.#parts = parts;
    this.downloader = downloader;
    this.#runner = new JobRunner(parts, downloader, sources, {
      show: ({ item }, download) => this.#show(item, download),
      finish: (job) => this.#finish(job),
      fail: (job, error) => this.#fail(job, error),
      queue: ({ item }) => {
        this.#show(item, QUEUED);
        this.admitSoon();
      },
      next: () => this.admitSoon(),
      isWanted: (job) => this.#jobs.get(job.item) === job,
    });
  }

  has(item: Item): boolean {
    return this.#jobs.has(item);
  }

  isRunning(item: Item): boolean {
    return this.#jobs.get(item)?.running !== undefined;
  }

  /** Somebody wants an entry, or wants something else of it than before. */
  want(item: Item, who: object, interest: Interest): void {
    if (item.content.state === 'complete') return;
    let job = this.#jobs.get(item);
    if (job === undefined) {
      this.#begun += 1;
      job = new Job(item, this.#begun);
      this.#jobs.set(item, job);
      this.#show(item, QUEUED);
    }
    const wantedAll = job.wantsAll;
    job.interests.set(who, interest);
    if (job.running !== undefined && job.wantsAll && !wantedAll) this.#stop(job);
    this.#reprioritize(job);
    this.admitSoon();
  }

  /** Somebody wants it no more. */
  leave(item: Item, who: object): void {
    const job = this.#jobs.get(item);
    const wantedAll = job?.wantsAll;
    if (job?.interests.delete(who) !== true) return;
    if (job.interests.size === 0) {
      this.#end(job);
      this.#show(item, undefined);
      return;
    }
    if (wantedAll === true) this.#narrow(job);
    this.#reprioritize(job);
  }

  /** Tells of a failure no more. */
  forgive(item: Item): void {
    if (item.download?.state === 'failed') this.#show(item, undefined);
  }

  /** Stops what is fetched of an item, whoever wants it. */
  drop(item: Item): void {
    const job = this.#jobs.get(item);
    if (job !== undefined) this.#end(job);
    item.download = undefined;
  }

  /** An answer has told how many bytes are still to come; throws if they cannot come now. */
  announced(item: Item, bytes: number): void {
    const job = this.#jobs.get(item);
    if (job?.running === undefined) return;
    job.total = item.content.coveredBytes + bytes;
    const plan = planDownloads(this.#jobs.values(), this.#parts);
    if (plan.tooLarge.has(job)) throw this.#tooLarge(job);
    if (plan.admitted.has(job)) this.admitSoon();
    else {
      job.isRefused = true;
      throw waitingError(item.key);
    }
  }

  /** There was no room for so many bytes of an item. */
  refused(item: Item, bytes: number): void {
    const job = this.#jobs.get(item);
    const { maxBytes = Infinity } = this.#parts.quota;
    // What does not fit by itself does not wait: it fails with the error of the write.
    if (job?.running === undefined || item.bytes + bytes > maxBytes) return;
    job.isRefused = true;
    job.least = Math.max(Math.min(STEP, maxBytes / 8), bytes);
  }

  /** An item was committed. */
  committed(item: Item): void {
    const job = this.#jobs.get(item);
    const { intent, validatedAt } = item.record;
    item.download = undefined;
    if (job === undefined && intent === undefined) return;
    this.#parts.catalog.note(item, { intent: undefined, validatedAt: job?.startedAt ?? validatedAt });
  }

  /** Looks at the end of this turn who may go on: something has changed. */
  admitSoon(): void {
    if (this.#isScheduled || this.#isClosed || this.#jobs.size === 0) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.#isClosed) this.#parts.publications.together(() => this.#admit());
    });
  }

  /** See `QuotaHooks`. */
  yieldable(item: Item | undefined): number {
    return this.#after(item).reduce((sum, job) => sum + job.item.bytes, 0);
  }

  /** See `QuotaHooks`. */
  yieldOne(item: Item | undefined): boolean {
    const job = this.#after(item).at(-1);
    if (job === undefined) return false;
    job.least = Math.max(job.least, job.item.content.coveredBytes);
    this.#suspend(job);
    this.#parts.catalog.evict(job.item, Infinity);
    return true;
  }

  /** Stops everything. */
  close(): void {
    this.#isClosed = true;
    this.#diskWatch.isWatching = false;
    for (const job of [...this.#jobs.values()]) this.#end(job);
  }

  #admit(): void {
    const { admitted, tooLarge } = planDownloads(this.#jobs.values(), this.#parts);
    for (const job of tooLarge) this.#fail(job, this.#tooLarge(job));
    const first = new Set([...admitted].filter((job, index) => index < AT_ONCE || job.item.leases.size > 0));
    for (const job of this.#jobs.values()) if (job.running !== undefined && !first.has(job)) this.#suspend(job);
    for (const job of first) if (this.#jobs.get(job.item) === job && job.running === undefined) this.#runner.start(job);
    this.#diskWatch.isWatching =
      this.#parts.quota.keepsSpaceFree && [...this.#jobs.values()].some((job) => !admitted.has(job));
  }

  /** The jobs that run and come after that of an item, whose bytes nothing else guards. */
  #after(item: Item | undefined): Job[] {
    const own = item && this.#jobs.get(item);
    return [...this.#jobs.values()]
      .filter((job) => job !== own && job.running !== undefined && job.item.guards.size === 1 && job.item.bytes > 0)
      .filter((job) => own === undefined || compareJobs(own, job) < 0)
      .sort(compareJobs);
  }

  /** All that anybody wants is there. */
  #finish(job: Job): void {
    const { item } = job;
    this.#end(job);
    // What is paused is wanted still.
    if (item.intent?.state === 'active') this.#parts.catalog.note(item, { intent: undefined });
    this.#show(item, undefined);
  }

  #fail(job: Job, error: unknown): void {
    const { item } = job;
    const attempt = item.download?.attempt ?? 1;
    const lastError = downloadError(error, item.key);
    this.#end(job);
    this.#show(item, { state: 'failed', attempt, bytesPerSecond: 0, lastError });
    this.#parts.publications.tell({ kind: 'failed', key: item.key, reason: lastError.message });
  }

  /** There is no room for it now. */
  #suspend(job: Job): void {
    this.#stop(job);
    this.#show(job.item, QUEUED);
  }

  #end(job: Job): void {
    this.#jobs.delete(job.item);
    if (this.#jobs.size === 0) this.#diskWatch.isWatching = false;
    this.#stop(job);
    this.#parts.contents.linger(job.item);
    this.admitSoon();
  }

  #stop(job: Job): void {
    this.#runner.stop(job);
    if (this.#jobs.has(job.item)) this.#parts.contents.linger(job.item);
  }

  /** Nobody may want all of it any more: then it goes on with the parts that somebody wants. */
  #narrow(job: Job): void {
    if (job.running === undefined || job.wantsAll) return;
    this.#stop(job);
    this.admitSoon();
  }

  #reprioritize(job: Job): void {
    const resource = job.item.open?.resource;
    if (job.running !== undefined && resource !== undefined) setPriority(this.downloader, resource, job.priority);
  }

  #show(item: Item, download: EntryDownload | undefined): void {
    showDownload(this.#parts.publications, item, download);
  }

  #tooLarge({ item, length }: Job): StorageError {
    return tooLargeError(item.key, length, this.#parts.quota.maxBytes);
  }
}
