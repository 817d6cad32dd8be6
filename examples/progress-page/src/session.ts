// One file: it is downloaded, decoded meanwhile, and can be played from anywhere.

import { BehaviorSubject, Subscription } from 'rxjs';
import { isStorageError, MemDriver, Resource, type ResourceView } from 'tidemark';
import { download } from 'tidemark/http';
import { decodeHere } from './decode-here.js';
import { decodeInWorker } from './decode-in-worker.js';
import type { Decoder, DecoderEvent, DecoderFormat } from './decoder.js';
import { messageOf } from './format.js';
import { frameBytes } from './pcm.js';
import { Player } from './player.js';

export type DownloadState =
  | { readonly name: 'running' | 'stopped' | 'complete' }
  /** `isOther`: the server has other content by now; what is there is of no use any more. */
  | { readonly name: 'failed'; readonly message: string; readonly isOther: boolean };

/** What the decoder has made of the file so far. */
export interface Song {
  readonly format: DecoderFormat;
  readonly samples: ResourceView;
  readonly player: Player;
}

export type DecoderState =
  | { readonly name: 'none' | 'decoding' }
  | { readonly name: 'done'; readonly md5: string; readonly silentSamples: number }
  | { readonly name: 'failed'; readonly message: string };

/** What to fetch where somebody looks and no decoder waits, in bytes. */
const LOOK = 65_536;
/** How often to try again before the user is asked to. */
const RETRY = 2;

export class Session {
  readonly url: URL;
  readonly resource: Resource = Resource.open(new MemDriver());
  readonly download$ = new BehaviorSubject<DownloadState>({ name: 'stopped' });
  readonly decoder$ = new BehaviorSubject<DecoderState>({ name: 'none' });
  /** Is there as soon as the decoder has read the header. */
  readonly song$ = new BehaviorSubject<Song | undefined>(undefined);
  readonly #decoder: Decoder;
  readonly #decoding: Subscription;
  #downloading = Subscription.EMPTY;
  #looking = Subscription.EMPTY;
  /** Where the playhead is as long as there is no song, 0 to 1. */
  #fraction = 0;

  /** @param hasThreads - whether a worker can share memory with this page */
  constructor(url: URL, hasThreads: boolean) {
    this.url = url;
    this.#decoder = hasThreads ? decodeInWorker(this.resource) : decodeHere(this.resource);
    this.#decoding = this.#decoder.events$.subscribe((event) => this.#follow(event));
    this.start();
  }

  /** Where the playhead is, 0 to 1. */
  get fraction(): number {
    const song = this.song$.value;
    return song === undefined ? this.#fraction : Math.min(1, song.player.position / this.#samplesIn(song));
  }

  /** Of the song, in seconds; undefined where it is not known. */
  get duration(): number | undefined {
    const song = this.song$.value;
    return song && this.#samplesIn(song) / song.format.sampleRate;
  }

  /** Fetches what is missing; also after a stop or a failure, and what is there stays. */
  start(): void {
    this.#downloading.unsubscribe();
    this.download$.next({ name: 'running' });
    // It is left as it is when the download fails, so that the decoder goes on waiting: the user
    // may try again.
    this.#downloading = download(this.resource, this.url, { onError: 'leave', retry: RETRY }).subscribe({
      complete: () => this.download$.next({ name: 'complete' }),
      error: (error: unknown) =>
        this.download$.next({ name: 'failed', message: messageOf(error), isOther: isStorageError(error, 'CHANGED') }),
    });
  }

  stop(): void {
    this.#downloading.unsubscribe();
    this.download$.next({ name: 'stopped' });
  }

  /**
   * Sends the playhead there. What is missing there is decoded next, and so it is downloaded next.
   */
  seek(fraction: number): void {
    const song = this.song$.value;
    if (song === undefined) {
      this.#look(fraction);
      return;
    }
    const sample = Math.min(Math.round(fraction * this.#samplesIn(song)), this.#samplesIn(song) - 1);
    song.player.seek(sample);
    const gap = song.samples.nextGap(sample * frameBytes(song.format));
    if (gap) this.#decoder.seek(gap.start / frameBytes(song.format));
  }

  close(): void {
    this.song$.value?.player.close();
    this.#decoding.unsubscribe();
    this.#looking.unsubscribe();
    this.#downloading.unsubscribe();
    this.resource.close();
    this.song$.complete();
    this.decoder$.complete();
    this.download$.complete();
  }

  /** Where no decoder waits for bytes, the page itself does: the download follows whoever waits. */
  #look(fraction: number): void {
    this.#fraction = fraction;
    const { expectedLength } = this.resource;
    if (expectedLength === undefined) return;
    const start = Math.floor(fraction * expectedLength);
    this.#looking.unsubscribe();
    this.#looking = this.resource
      .waitRange({ start, end: Math.min(expectedLength, start + LOOK) })
      .subscribe({ error: () => undefined }); // nobody reads them
  }

  #follow(event: DecoderEvent): void {
    switch (event.type) {
      case 'format': {
        const { format, samples } = event;
        this.#looking.unsubscribe();
        this.decoder$.next({ name: 'decoding' });
        this.song$.next({ format, samples, player: new Player(samples, format) });
        this.seek(this.#fraction); // somebody may have pointed there before
        break;
      }
      case 'done':
        this.decoder$.next({ name: 'done', md5: event.md5, silentSamples: event.silentSamples });
        break;
      case 'failed':
        this.decoder$.next({ name: 'failed', message: event.message });
    }
  }

  /** At least 1; as many as are decoded where the header does not tell. */
  #samplesIn({ samples, format }: Song): number {
    return Math.max(1, (samples.expectedLength ?? samples.coveredBytes) / frameBytes(format));
  }
}
