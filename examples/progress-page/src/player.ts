// Plays samples while they are being decoded: it waits where they are missing, and goes on when
// they are there.

import { BehaviorSubject, type Observable, Subscription, timer } from 'rxjs';
import { readChunks, type ResourceView } from 'tidemark';
import { messageOf } from './format.js';
import { frameBytes, type PcmFormat, toChannels } from './pcm.js';

export type PlayerState =
  | { readonly name: 'paused' }
  /** It may be waiting for samples, too: `isWaiting`. */
  | { readonly name: 'playing' }
  | { readonly name: 'failed'; readonly message: string };

/** A stretch of samples that the sound card has been given. */
interface Stretch {
  readonly source: AudioBufferSourceNode;
  /** When it begins, on the context's clock, in seconds. */
  readonly at: number;
  /** Its first sample. */
  readonly start: number;
  readonly length: number;
}

/** The longest stretch, in seconds. */
const STRETCH = 0.25;
/** How long ahead stretches are made, in seconds: in a hidden page timers come once a second. */
const AHEAD = 1.5;
/** What a stretch needs to be made in time, in seconds. */
const SOON = 0.05;

export class Player {
  readonly state$ = new BehaviorSubject<PlayerState>({ name: 'paused' });
  readonly #samples: ResourceView;
  readonly #format: PcmFormat;
  #context: AudioContext | undefined;
  #playing: Subscription | undefined;
  #stretches: Stretch[] = [];
  /** Where to go on when nothing is being played, in samples. */
  #position = 0;

  constructor(samples: ResourceView, format: PcmFormat) {
    this.#samples = samples;
    this.#format = format;
  }

  /** In samples. */
  get position(): number {
    const now = this.#context?.currentTime ?? 0;
    const current = this.#stretches.findLast(({ at }) => at <= now);
    if (current === undefined) return this.#position;
    const { at, start, length } = current;
    return start + Math.min(length, Math.floor((now - at) * this.#format.sampleRate));
  }

  /** It would play if the samples were there. */
  get isWaiting(): boolean {
    return this.state$.value.name === 'playing' && this.#playedUntil <= (this.#context?.currentTime ?? 0);
  }

  /** A browser lets sound begin only where the user did something, such as pressing a button. */
  play(): void {
    if (this.#playing !== undefined) return;
    const { sampleRate } = this.#format;
    try {
      // At the song's own rate: at another, each stretch would be resampled for itself, and be
      // heard where it ends.
      this.#context ??= new AudioContext({ sampleRate });
    } catch (error) {
      this.#fail(messageOf(error));
      return;
    }
    void this.#context.resume();
    this.state$.next({ name: 'playing' });
    const bytes = frameBytes(this.#format);
    const reading = new Subscription();
    this.#playing = reading;
    const chunks$ = readChunks(this.#samples, {
      start: this.#position * bytes,
      chunkSize: Math.ceil(STRETCH * sampleRate) * bytes,
      project: (chunk, offset) => this.#schedule(chunk, offset / bytes),
    });
    reading.add(
      chunks$.subscribe({
        complete: () => this.#endLater(),
        error: (error: unknown) => this.#fail(messageOf(error)),
      }),
    );
  }

  pause(): void {
    this.#stop(this.position);
    this.state$.next({ name: 'paused' });
  }

  seek(sample: number): void {
    const isPlaying = this.#playing !== undefined;
    this.#stop(sample);
    if (isPlaying) this.play();
  }

  close(): void {
    this.#stop(0);
    this.state$.complete();
    void this.#context?.close();
  }

  /** Completes when it is time for the next stretch. */
  #schedule(chunk: Uint8Array, start: number): Observable<unknown> {
    const context = this.#context;
    if (context === undefined) throw new Error('Nothing can be played before play() is called.');
    const channels = toChannels(chunk, this.#format);
    const length = channels[0]?.length ?? 0;
    const buffer = context.createBuffer(channels.length, length, this.#format.sampleRate);
    channels.forEach((samples, channel) => buffer.copyToChannel(samples, channel));
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    const at = Math.max(this.#playedUntil, context.currentTime + SOON);
    source.start(at);
    const current = this.#stretches.findLastIndex((stretch) => stretch.at <= context.currentTime);
    this.#stretches = [...this.#stretches.slice(Math.max(0, current)), { source, at, start, length }];
    return timer((this.#playedUntil - AHEAD - context.currentTime) * 1000);
  }

  /** When the last stretch ends, on the context's clock. */
  get #playedUntil(): number {
    const last = this.#stretches.at(-1);
    return last === undefined ? 0 : last.at + last.length / this.#format.sampleRate;
  }

  #endLater(): void {
    const left = this.#playedUntil - (this.#context?.currentTime ?? 0);
    this.#playing = timer(left * 1000).subscribe(() => {
      this.#stop(0);
      this.state$.next({ name: 'paused' });
    });
  }

  #fail(message: string): void {
    this.#stop(this.position);
    this.state$.next({ name: 'failed', message });
  }

  #stop(position: number): void {
    this.#playing?.unsubscribe();
    this.#playing = undefined;
    for (const { source } of this.#stretches) source.stop();
    this.#stretches = [];
    this.#position = position;
  }
}
