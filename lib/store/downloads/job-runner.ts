import { EMPTY, from, type Observable, of, Subscription, switchMap } from 'rxjs';

import { isStorageError, type StorageError } from '../../errors/storage-error.js';
import { isFalsified } from '../../http/download/answer/known-content.js';
import type { Downloader } from '../../http/downloader/downloader.js';
import type { Parts } from '../parts.js';
import type { EntryDownload } from '../store-entry.js';
import { unknownSourceError } from './download-errors.js';
import { fetchJob } from './fetch-job.js';
import type { Job } from './job.js';
import { downloadOf } from './show-download.js';
import type { ResolvedSource, Sources } from './sources.js';

/** How often in a row another version is begun. */
const MOST_RENEWALS = 3;

/** What becomes of a job that has run. */
export interface JobHooks {
  /** How it is getting on. */
  show(job: Job, download: EntryDownload): void;
  /** All that anybody wants is there. */
  finish(job: Job): void;
  fail(job: Job, error: unknown): void;
  /** It waits until it may go on: for room, or to begin anew. */
  queue(job: Job): void;
  /** It has brought what it was started for, and more is wanted. */
  next(): void;
  /** Whether anybody wants it still. */
  isWanted(job: Job): boolean;
}

/** Runs the download of an entry: from where that is to the end of what it was started for. */
export class JobRunner {
  readonly #parts: Pick<Parts, 'catalog' | 'contents' | 'order' | 'publications'>;
  readonly #downloader: Downloader;
  readonly #sources: Sources;
  readonly #hooks: JobHooks;

  constructor(parts: Parts, downloader: Downloader, sources: Sources, hooks: JobHooks) {
    this.#parts = parts;
    this.#downloader = downloader;
    this.#sources = sources;
    this.#hooks = hooks;
  }

  start(job: Job): void {
    const { item } = job;
    const running = new Subscription();
    job.running = running;
    job.isRefused = false;
    this.#parts.order.guard(item, 'downloading');
    try {
      const source = this.#sources.of(item.key, job.url, item.intent?.url);
      this.#fetchFrom(job, running, source instanceof Promise ? from(source) : of(source));
    } catch (error) {
      this.#rest(job);
      this.#hooks.fail(job, error);
    }
  }

  stop(job: Job): void {
    const { running } = job;
    this.#rest(job);
    running?.unsubscribe();
  }

  /** Fetches a job from where it is, once that is known. */
  #fetchFrom(job: Job, running: Subscription, source$: Observable<ResolvedSource | undefined>): void {
    const { item } = job;
    const { catalog, contents } = this.#parts;
    const download$ = source$.pipe(
      switchMap((source) => {
        if (source === undefined) throw unknownSourceError(item.key);
        const { resource } = contents.open(item);
        if (job.isDone) return EMPTY;
        job.begin();
        return fetchJob(job, { resource, source, downloader: this.#downloader, catalog });
      }),
    );
    running.add(
      download$.subscribe({
        next: (progress) => {
          const download = downloadOf(progress);
          if (job.running === running && download !== undefined) this.#hooks.show(job, download);
        },
        error: (error: unknown) => {
          if (job.running === running) this.#errored(job, error);
        },
        complete: () => {
          if (job.running !== running) return;
          this.#rest(job);
          if (job.isDone) this.#hooks.finish(job);
          else this.#hooks.next();
        },
      }),
    );
  }

  #errored(job: Job, error: unknown): void {
    const { item } = job;
    const { contents, publications } = this.#parts;
    this.#rest(job);
    if (job.isRefused) {
      contents.linger(item);
      this.#hooks.queue(job);
      return;
    }
    const resource = item.open?.resource;
    const isFalse = resource !== undefined && isFalsified(resource);
    const isOld = isStorageError(error, 'CHANGED') && item.content.state === 'partial' && item.content.coveredBytes > 0;
    if (!isOld && !isFalse) {
      this.#hooks.fail(job, error);
      return;
    }
    // What is there is of no use: it begins anew for those who have not seen it.
    job.renewals += 1;
    job.total = undefined;
    publications.together(() => {
      try {
        contents.end(item, error as StorageError);
      } catch (refusal) {
        this.#hooks.fail(job, refusal);
        return;
      }
      if (!this.#hooks.isWanted(job)) return;
      if (isFalse || job.renewals > MOST_RENEWALS) this.#hooks.fail(job, error);
      else this.#hooks.queue(job);
    });
  }

  /** It does not run any more. */
  #rest(job: Job): void {
    job.running = undefined;
    this.#parts.order.unguard(job.item, 'downloading');
  }
}
