// One song of the store: it is decoded while it is downloaded, and can be played from anywhere.

import { BehaviorSubject, distinctUntilChanged, filter, map, type Observable, Subscription } from 'rxjs';
import { type Demand, MemDriver, Resource, type ResourceView } from 'tidemark';
import type { Lease } from 'tidemark/store';
import { decodeHere } from './decode-here.js';
import { decodeInWorker } from './decode-in-worker.js';
import type { Decoder, DecoderEvent, DecoderFormat } from './decoder.js';
import { type DownloadState, downloadState } from './download-state.js';
import { mirror } from './mirror.js';
import type { SongStore } from './open-store.js';
import { frameBytes } from './pcm.js';
import { Player } from './player.js';

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

export class Session {
  /** The bytes of the song, as far as they are stored. */
  readonly content: Lease;
  /** Who waits for bytes. */
  readonly demand$: Observable<readonly Demand[]>;
  readonly download$ = new BehaviorSubject<DownloadState>({ name: 'stopped' });
  readonly decoder$ = new BehaviorSubject<DecoderState>({ name: 'none' });
  /** Is there as soon as the decoder has read the header. */
  readonly song$ = new BehaviorSubject<Song | undefined>(undefined);
  /** Those bytes in memory, for the decoder. */
  readonly #memory: Resource = Resource.open(new MemDriver());
  readonly #decoder: Decoder;
  readonly #subscription = new Subscription();
  #looking = Subscription.EMPTY;
  /** Where the playhead is as long as there is no song, 0 to 1. */
  #fraction = 0;

  /**
   * @param content - is closed with the session
   * @param hasThreads - whether a worker can share memory with this page
   */
  constructor(content: Lease, store: SongStore, hasThreads: boolean) {
    this.content = content;
    this.demand$ = this.#memory.demand$;
    this.#subscription.add(mirror(content, this.#memory));
    this.#decoder = hasThreads ? decodeInWorker(this.#memory) : decodeHere(this.#memory);
    this.#subscription.add(this.#decoder.events$.subscribe((event) => this.#follow(event)));
    this.#subscription.add(
      store
        .entry$(content.key)
        .pipe(
          filter((entry) => entry !== undefined),
          map(downloadState),
          distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
        )
        .subscribe((state) => this.download$.next(state)),
    );
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
    this.#looking.unsubscribe();
    this.#subscription.unsubscribe();
    this.#memory.close();
    this.content.close();
    this.song$.complete();
    this.decoder$.complete();
    this.download$.complete();
  }

  /** Where no decoder waits for bytes, the page itself does: the download follows whoever waits. */
  #look(fraction: number): void {
    this.#fraction = fraction;
    const { expectedLength } = this.content;
    if (expectedLength === undefined) return;
    const start = Math.floor(fraction * expectedLength);
    this.#looking.unsubscribe();
    this.#looking = this.#memory
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
