// The thread that runs the store: of one tab at a time, for all of them.

import { opfsBackend } from 'tidemark/browser';
import { memoryBackend, runStore } from 'tidemark/store';
import { SONGS } from './songs.js';

const { name } = globalThis as unknown as { name: string };

runStore(name === 'files' ? opfsBackend({ path: 'songs' }) : memoryBackend(), SONGS).catch(() => {
  // The page is told.
});
