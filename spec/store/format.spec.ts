import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { folderBackend } from 'tidemark/node';
import { range } from '../support/range.js';
import { freshFolder, get, openStore } from './stores.js';

const FORMAT_1 = fileURLToPath(new URL('fixtures/format-1', import.meta.url));

/** Files as an earlier version has written them: every later one has to open them. */
describe('a folder that was written in format 1', () => {
  it('is opened with all that is in it', async () => {
    const folder = freshFolder();
    cpSync(FORMAT_1, folder, { recursive: true });
    const store = await openStore(folderBackend({ path: folder }));
    expect(store.strangers).toEqual([]);
    expect([...store.keys].sort()).toEqual([
      'https://example.org/Song One.flac',
      'lone \ud800 surrogate',
      'part',
      'wanted',
    ]);
    expect(store.entry('https://example.org/Song One.flac')).toMatchObject({
      state: 'complete',
      group: 'album',
      contentType: 'audio/flac',
      metadata: { title: 'One', track: 1, live: false },
      pinned: false,
    });
    const song = await get(store, 'https://example.org/Song One.flac');
    expect(Buffer.from(song).toString()).toBe('all of song one');
    expect(store.entry('lone \ud800 surrogate')?.pinned).toBe(true);
    expect(store.entry('wanted')).toMatchObject({ state: 'partial', download: { state: 'paused' } });
    expect(store.entry('part')).toMatchObject({ coveredBytes: 15, expectedLength: 100, identity: '"v1"' });
    using part = await store.acquire('part');
    expect(part.coverage.toArray()).toEqual([range(10, 20), range(50, 55)]);
  });
});
