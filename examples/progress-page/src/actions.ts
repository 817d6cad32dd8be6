// What can be done with a stored song. A call that cannot be done says so to everybody.

import { type DownloadState, isUnderWay } from './download-state.js';
import { messageOf } from './format.js';
import type { SongStore } from './open-store.js';
import { element, write } from './page.js';
import { nameOf } from './songs.js';

/** Has a song downloaded, also after a restart: its bytes come before those of others. */
export async function download(store: SongStore, key: string): Promise<void> {
  const isNew = store.entry(key) === undefined;
  await store.download(key, { priority: 'playback', ...(isNew && { metadata: { addedAt: Date.now() } }) });
}

/** Pauses a download, or goes on with it. */
export async function toggleDownload(store: SongStore, key: string, state: DownloadState): Promise<void> {
  await told(isUnderWay(state) ? store.pause(key) : download(store, key));
}

export async function togglePin(store: SongStore, key: string): Promise<void> {
  const pinned = store.entry(key)?.pinned !== true;
  await told(store.pin(key, pinned), `${nameOf(key)} ${pinned ? 'stays' : 'may make room for others'}`);
}

export async function remove(store: SongStore, key: string): Promise<void> {
  await told(store.remove(key), `${nameOf(key)} removed`);
}

async function told(call: Promise<void>, done?: string): Promise<void> {
  try {
    await call;
    if (done !== undefined) write(element('live'), done);
  } catch (error) {
    write(element('live'), messageOf(error));
  }
}
