import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { folderBackend } from 'tidemark/node';
import { bytes } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { freshFolder, get, listen, namesIn, openStore, put } from './stores.js';

const content = bytes(5000);
const LONG = 'x'.repeat(10_000);
/** Names that make trouble somewhere. */
const HOSTILE = [
  ...['', '.', '..', '/', '\\', '../../etc/passwd', 'a/b', 'a\\b', 'a', 'A', 'ａ', 'а', 'a ', ' a', 'a.', '.a'],
  ...[
    '\0',
    'a\0b',
    '\n',
    '\r\n',
    '\t',
    '\u202e',
    '\ud800',
    '\udc00',
    '\ufffd',
    'é',
    'e\u0301',
    'ß',
    'SS',
    'ı',
    'I',
    'İ',
  ],
  ...[
    'con',
    'CON',
    'nul',
    'nul.txt',
    'aux',
    'com1',
    'lpt9',
    'a:b',
    'a*b',
    'a?b',
    '"',
    '<',
    '>',
    '|',
    '~',
    '-',
    '--help',
  ],
  ...['a.part', 'a.entry', 'a.lock', '.store.lock', '.store', 'a.identity', 'a.part.coverage', 'a.entry.tmp'],
  ...['__proto__', 'constructor', 'toString', 'https://example.org/a?b=c#d', 'file:///etc/passwd', '%2e%2e%2f'],
  ...['😀', '日本語', 'عربى', LONG, `${LONG}y`, 'x'.repeat(255), 'x'.repeat(256), '/'.repeat(300), '..'.repeat(300)],
  ...Array.from({ length: 64 }, (_, index) => `a${String.fromCharCode(index)}`),
  ...Array.from(
    { length: 64 },
    (_, index) => 'look-alike'.toUpperCase().slice(0, 1 + (index % 10)) + '\u200b'.repeat(index),
  ),
];

describe('a store in a folder', () => {
  it('keeps hostile keys apart, and all of them inside', async () => {
    const folder = join(freshFolder(), 'inside');
    const keys = [...new Set(HOSTILE)];
    expect(keys.length).toBeGreaterThan(190);
    const store = await openStore(folderBackend({ path: folder }));
    for (const [index, key] of keys.entries()) await put(store, key, Buffer.from(`content of ${index}`));
    await store.close();
    expect(readdirSync(join(folder, '..'))).toEqual(['inside']);
    expect(namesIn(folder)).toHaveLength(2 * keys.length);
    expect(namesIn(folder).every((name) => /^[a-z0-9._~-]{1,100}$/.test(name))).toBe(true);
    const again = await openStore(folderBackend({ path: folder }));
    expect(new Set(again.keys)).toEqual(new Set(keys));
    for (const [index, key] of keys.entries()) {
      expect(Buffer.from(await get(again, key)).toString()).toBe(`content of ${index}`);
    }
  });

  it('has names that people can read', async () => {
    const folder = freshFolder();
    const store = await openStore(folderBackend({ path: folder }));
    await put(store, 'https://example.org/music/Some Song.flac', content);
    expect(namesIn(folder)[0]).toMatch(/some-song\.flac~[0-9a-f]{32}$/);
  });

  it('lists what is not its own, and never touches it', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'sub'), { recursive: true });
    const named = `own~${'0'.repeat(32)}`; // as a file of the store is called
    const strangers = ['notes.txt', 'song.part', 'song.lock', 'a~0123.entry', 'sub', 'x.entry.tmp', 'link', named];
    mkdirSync(join(folder, named));
    for (const name of strangers.filter((each) => !['sub', 'link', named].includes(each)))
      writeFileSync(join(folder, name), name);
    symlinkSync('/etc/hostname', join(folder, 'link'));
    const store = await openStore(folderBackend({ path: folder }), { maxBytes: 20_000 });
    expect(store.strangers).toEqual([...strangers].sort());
    for (const key of ['a', 'b', 'c']) await put(store, key, bytes(8000));
    for (const key of [...store.keys]) await store.remove(key);
    await store.close();
    expect(namesIn(folder)).toEqual([...strangers].sort());
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('notes.txt');
  });

  it.each<[string, (record: string) => void]>([
    ['cut short', (record) => truncateSync(record, 60)],
    ['changed', (record) => writeFileSync(record, readFileSync(record, 'utf8').replace('"title":"A"', '"title":"B"'))],
    ['full of something else', (record) => writeFileSync(record, 'hello')],
  ])('removes an entry whose record is %s, and says so', async (_what, damage) => {
    const folder = freshFolder();
    const store = await openStore(folderBackend({ path: folder }));
    await put(store, 'song', content, { metadata: { title: 'A' } });
    await put(store, 'other', content);
    await store.close();
    const record = namesIn(folder).find((name) => /^song.*\.entry$/.test(name)) ?? '';
    damage(join(folder, record));
    const again = await openStore(folderBackend({ path: folder }));
    expect(again.keys).toEqual(['other']);
    const { changes } = listen(again);
    expect(changes).toMatchObject([
      { kind: 'removed', entry: undefined, reason: expect.stringContaining('damaged') as unknown },
    ]);
    expect(namesIn(folder).every((name) => name.startsWith('other'))).toBe(true);
  });

  it('does not take a record for that of another file', async () => {
    const folder = freshFolder();
    const store = await openStore(folderBackend({ path: folder }));
    await put(store, 'song', content);
    await put(store, 'other', content);
    await store.close();
    const recordOf = (name: string): string =>
      join(folder, namesIn(folder).find((each) => each.startsWith(name) && each.endsWith('.entry')) ?? '');
    writeFileSync(recordOf('other'), readFileSync(recordOf('song')));
    expect((await openStore(folderBackend({ path: folder }))).keys).toEqual(['song']);
  });

  it('leaves alone what a newer version has written', async () => {
    const folder = freshFolder();
    const store = await openStore(folderBackend({ path: folder }));
    await put(store, 'song', content);
    await store.close();
    const record = join(folder, namesIn(folder).find((name) => name.endsWith('.entry')) ?? '');
    writeFileSync(record, readFileSync(record, 'utf8').replace('tidemark entry 1', 'tidemark entry 2'));
    const again = await openStore(folderBackend({ path: folder }));
    expect(again.keys).toEqual([]);
    expect(again.strangers).toEqual(namesIn(folder));
  });

  it('does not believe what was not made durable before the machine was started anew', async () => {
    const folder = freshFolder();
    const backend = (boot: string) => folderBackend({ path: folder, boot } as { path: string });
    const store = await openStore(backend('one'));
    await put(store, 'durable', content);
    await store.update('durable', { metadata: { kept: true } });
    await put(store, 'new', content);
    const files = namesIn(folder).filter((name) => name.startsWith('new'));
    const copies = files.map((name) => readFileSync(join(folder, name)));
    await store.close();
    // As the folder was when the machine stopped.
    for (const [index, name] of files.entries()) writeFileSync(join(folder, name), copies[index] ?? '');
    const same = await openStore(backend('one'));
    expect(same.keys).toEqual(expect.arrayContaining(['durable', 'new']));
    for (const [index, name] of files.entries()) writeFileSync(join(folder, name), copies[index] ?? '');
    await same.close();
    for (const [index, name] of files.entries()) writeFileSync(join(folder, name), copies[index] ?? '');
    const other = await openStore(backend('two'));
    expect(other.keys).toEqual(['durable']);
    expect(listen(other).changes).toMatchObject([{ kind: 'removed', key: 'new' }]);
    expect(namesIn(folder).every((name) => name.startsWith('durable'))).toBe(true);
  });

  it('is claimed across processes, and free when the other has ended', async () => {
    const folder = freshFolder();
    const store = await openStore(folderBackend({ path: folder }));
    const script = `
      import { folderBackend } from 'tidemark/node';
      import { Store } from 'tidemark/store';
      await Store.open(folderBackend({ path: process.argv[1] })).then(() => console.log('open'), (error) => console.log(error.code));
      process.exit();`;
    const run = (): string =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script, folder], { encoding: 'utf8' }).trim();
    expect(run()).toBe('CLAIMED');
    await store.close();
    expect(run()).toBe('open');
    await openStore(folderBackend({ path: folder }));
  });

  it('rejects what cannot be a folder', async () => {
    const file = join(freshFolder(), 'file');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
    expect(await codeOf(openStore(folderBackend({ path: file })))).toBe('IO');
    expect(codeOf(() => folderBackend({ path: '' }))).toBe('INVALID_ARGUMENT');
  });
});
