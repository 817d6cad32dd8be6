// What the store has of a song: by its address, which is its key.

import type { StoreEntry, StoreOptions } from 'tidemark/store';

/** What is kept beside the bytes of a song. */
// A `type`: an interface could get members that are no metadata.
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions
export type SongFacts = {
  /** When it was added, in epoch milliseconds. */
  readonly addedAt: number;
};

export type SongEntry = StoreEntry<SongFacts>;

/** How often to try again before the user is asked to. */
const RETRY = 2;

/** Half a gigabyte: then what was played longest ago makes room, unless it is pinned. */
export const SONGS = {
  maxBytes: 500e6,
  source: (key: string) => ({ url: key, retry: RETRY }),
} satisfies StoreOptions<SongFacts>;

/** The last part of an address, or else where it is. */
export function nameOf(key: string): string {
  const { pathname, host } = new URL(key);
  const name = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name) || host;
  } catch {
    return name; // an address may have a percent sign that means nothing
  }
}
