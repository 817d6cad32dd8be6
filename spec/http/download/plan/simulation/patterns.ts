import type { ByteRange } from 'tidemark';

/** What a reader does next, all times in milliseconds. */
export type Step =
  /** Waits until the bytes are there; `patience`: or until it has waited so long. */
  (ByteRange & { readonly patience?: number }) | { readonly pause: number };

/** How content is accessed: what each of its readers does. */
export interface Pattern {
  readonly name: string;
  /** Of the content, in bytes. */
  readonly length: number;
  readonly readers: readonly (() => Iterable<Step>)[];
}

const KIB = 1024;
const MIB = 1024 * KIB;
const PIECE = 64 * KIB;
const LENGTH = 24 * MIB;

/** Pieces one after the other, with a pause after each. */
function* linear(start: number, end: number, pause = 0): Iterable<Step> {
  for (let at = start; at < end; at += PIECE) {
    yield { start: at, end: Math.min(end, at + PIECE) };
    if (pause > 0) yield { pause };
  }
}

/** Offsets that follow no order, always the same. */
function* scattered(count: number, seed: number): Iterable<number> {
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (state * 48_271) % 2_147_483_647;
    yield (state % (LENGTH / PIECE)) * PIECE;
  }
}

function* random(count: number, seed: number): Iterable<Step> {
  for (const start of scattered(count, seed)) yield { start, end: start + PIECE };
}

/** Each place is left for the next one after so many milliseconds; the last one is waited for. */
function* scrub(count: number, every: number): Iterable<Step> {
  yield { start: 0, end: 10 };
  for (const start of scattered(count, 7)) {
    yield { start, end: start + PIECE, patience: every };
  }
  yield { start: LENGTH - 2 * MIB, end: LENGTH - 2 * MIB + PIECE };
}

function* inTurn(rounds: number, places: readonly number[], pause = 0): Iterable<Step> {
  for (let i = 0; i < rounds; i++) {
    for (const place of places) yield { start: place + i * PIECE, end: place + (i + 1) * PIECE };
    if (pause > 0) yield { pause };
  }
}

/** Two seconds of playing at a place, then the next place. */
function* playWithSeeks(): Iterable<Step> {
  for (const place of [0, 12, 6, 18, 7, 3, 20, 1]) yield* linear(place * MIB, place * MIB + 16 * PIECE, 125);
}

/** The head, the index behind the media, then the media. */
function* indexAtEnd(): Iterable<Step> {
  yield { start: 0, end: PIECE };
  yield* linear(LENGTH - 512 * KIB, LENGTH);
  yield* linear(PIECE, LENGTH - 512 * KIB);
}

/** A large track and a small one. */
function* unequal(): Iterable<Step> {
  for (let i = 0; i < 30; i++) {
    yield* linear(MIB + i * 6 * PIECE, MIB + (i + 1) * 6 * PIECE);
    yield { start: 15 * MIB + i * PIECE, end: 15 * MIB + (i + 1) * PIECE };
    yield { pause: 100 };
  }
}

const EIGHTH = LENGTH / 8;

export const patterns: readonly Pattern[] = [
  { name: 'linear', length: LENGTH, readers: [() => linear(0, LENGTH)] },
  { name: 'playing, with seeks', length: LENGTH, readers: [playWithSeeks] },
  { name: 'index at the end', length: LENGTH, readers: [indexAtEnd] },
  { name: 'two places in turn', length: LENGTH, readers: [() => inTurn(20, [MIB, 9 * MIB])] },
  { name: 'two places in turn, slowly', length: LENGTH, readers: [() => inTurn(60, [MIB, 9 * MIB], 250)] },
  { name: 'three places in turn', length: LENGTH, readers: [() => inTurn(30, [MIB, 9 * MIB, 17 * MIB])] },
  { name: 'a large track and a small one', length: LENGTH, readers: [unequal] },
  { name: 'two readers', length: LENGTH, readers: [0, 4].map((i) => () => linear(i * EIGHTH, (i + 2) * EIGHTH)) },
  {
    name: 'six readers',
    length: LENGTH,
    readers: [0, 1, 2, 3, 4, 5].map((i) => () => linear(i * EIGHTH, i * EIGHTH + 2 * MIB)),
  },
  { name: 'scrubbing, 100 places a second', length: LENGTH, readers: [() => scrub(300, 10)] },
  { name: 'scrubbing, 4 places a second', length: LENGTH, readers: [() => scrub(20, 250)] },
  { name: 'random', length: LENGTH, readers: [() => random(100, 7)] },
  { name: 'random, four readers', length: LENGTH, readers: [1, 2, 3, 4].map((seed) => () => random(30, seed)) },
];
