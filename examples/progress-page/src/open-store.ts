import { shareStore } from 'tidemark/browser';
import { memoryBackend, type RemoteStore, Store } from 'tidemark/store';
import { messageOf } from './format.js';
import { SONGS, type SongFacts } from './songs.js';

/** What the store of another thread and one of this page have in common. */
export type SongStore = Pick<
  RemoteStore<SongFacts>,
  'acquire' | 'download' | 'pause' | 'pin' | 'remove' | 'keys$' | 'entry' | 'entry$' | 'usage$'
>;

export interface OpenedStore {
  readonly store: SongStore;
  /** Where it keeps the songs: in files, or in memory as long as a tab, or this one, is open. */
  readonly keptIn: 'files' | 'tabs' | 'tab';
  /** Why it is not in files, if it is not. */
  readonly reason: string;
}

/** Opens the store that all tabs share; or one that forgets, where this browser keeps no files. */
export async function openStore(): Promise<OpenedStore> {
  let reason = '';
  for (const [keptIn, worker] of Object.entries(WORKERS)) {
    try {
      const store = await shareStore<SongFacts>({ name: `songs in ${keptIn}`, worker });
      return { store, keptIn: keptIn as keyof typeof WORKERS, reason };
    } catch (error) {
      reason ||= messageOf(error);
    }
  }
  return { store: await Store.open(memoryBackend(), SONGS), keptIn: 'tab', reason };
}

const WORKERS = {
  files: () => new Worker(new URL('./store-worker.ts', import.meta.url), { type: 'module', name: 'files' }),
  tabs: () => new Worker(new URL('./store-worker.ts', import.meta.url), { type: 'module', name: 'memory' }),
};
