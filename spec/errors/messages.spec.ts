import { spawnSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';
import { from, of } from 'rxjs';

import {
  attachReader,
  MemDriver,
  progress,
  type ReaderHandle,
  Resource,
  WindowDriver,
  writeTo,
} from '../../lib/index.js';
import { MmapDriver } from '../../lib/node.js';
import { wrong } from './fixtures.js';
import { half, whole } from './public-surface.js';

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

/** Returns the message of what an observable errors with at once. */
function errorMessageOf(subscribe: (observer: { error: (error: Error) => void }) => unknown): string {
  let message = 'accepted';
  subscribe({ error: (error) => (message = error.message) });
  return message;
}

describe('a message says what was found, with its type,', () => {
  it.each<[string, unknown, string]>([
    ['text', '0', 'got offset "0" with length 1.'],
    ['a big integer', 0n, 'got offset 0n with length 1.'],
    ['a fraction', 0.5, 'got offset 0.5 with length 1.'],
    ['nothing', undefined, 'got offset undefined with length 1.'],
    ['null', null, 'got offset null with length 1.'],
    ['an array', [0], 'got offset Array with length 1.'],
    ['a function', () => 0, 'got offset Function with length 1.'],
    ['an object of no class', Object.create(null), 'got offset an object with length 1.'],
  ])('of an offset that is %s', (_what, offset, found) => {
    expect(messageOf(() => half().writeAt(wrong(offset), new Uint8Array(1)))).toContain(found);
  });

  it('of text, which it cuts short', () => {
    const message = messageOf(() => half().writeAt(0, wrong('secret '.repeat(1000))));
    expect(message).toMatch(/^Expected data to be a Uint8Array, got "secret secret /);
    expect(message.length).toBeLessThan(120);
  });

  it.each<[unknown, string]>([
    [{ start: '0', end: 4 }, 'got ["0", 4)'],
    [{ start: 0n, end: 4 }, 'got [0n, 4)'],
    [{ start: 5, end: 4 }, 'got [5, 4)'],
    [{ start: 5 }, 'got [5, undefined)'],
    [undefined, 'got undefined'],
    [5, 'got 5'],
    ['0-4', 'got "0-4"'],
  ])('of a range that is %j', (range, found) => {
    expect(messageOf(() => half().has(wrong(range)))).toContain(`Expected a range { start, end } of integers`);
    expect(messageOf(() => half().has(wrong(range)))).toContain(found);
    expect(messageOf(() => half().coverage.has(wrong(range)))).toContain(found);
    expect(messageOf(() => whole().view(wrong(range)))).toContain(found);
    expect(errorMessageOf((observer) => half().waitRange(wrong(range)).subscribe(observer))).toContain(found);
    expect(errorMessageOf((observer) => half().read(wrong(range)).subscribe(observer))).toContain(found);
  });

  it.each<[string, () => unknown, string]>([
    ['nextGap', () => half().nextGap(wrong('3')), 'Expected from to be an integer from 0 to 2^53-1, got "3".'],
    ['new Resource', () => new (Resource as unknown as new () => unknown)(), 'made by Resource.open(driver)'],
    ['Resource.open', () => Resource.open(wrong(undefined)), 'Expected driver to be one with open()'],
    ['progress', () => progress(wrong(undefined)), 'Expected view to be a Resource or a reader of one, got undefined.'],
    ['writeTo', () => writeTo(wrong(undefined)), 'Expected resource to be a Resource, got undefined.'],
    [
      'writeTo into a reader',
      () => writeTo(wrong(attachReader(half().createPort().handle))),
      'got ResourceReader. A reader cannot write: write in the thread that owns the resource.',
    ],
    ['MmapDriver', () => new MmapDriver(wrong('song.flac')), '({ path: \'song.flac\' }, say), got "song.flac"'],
    ['MmapDriver, a URL', () => new MmapDriver({ path: wrong(new URL('file:///x')) }), 'got URL. Of a file: URL make'],
    ['WindowDriver', () => new WindowDriver(wrong(undefined)), '({ maxBytes: 64 * 2 ** 20 }, say), got undefined.'],
    [
      'WindowDriver of one block',
      () => new WindowDriver({ maxBytes: 2 ** 16 }),
      'Expected maxBytes to be an integer from 131072, two blocks, to 2^32 (bytes), got 65536. A smaller window takes a smaller blockSize.',
    ],
    ['MemDriver', () => new MemDriver({ shared: wrong('no') }), 'Expected shared to be a boolean, got "no".'],
    [
      'discard',
      () => half().discard({ committed: wrong('false') }),
      'Expected committed to be a boolean, got "false".',
    ],
  ])('of what is given to %s', (_what, call, message) => {
    expect(messageOf(call)).toContain(message);
  });

  it('of text that is piped into writeTo', () => {
    const resource = half();
    for (const text$ of [of('text'), from('text')]) {
      const message = errorMessageOf((observer) =>
        text$.pipe(writeTo(resource, { onError: 'leave' }) as never).subscribe(observer),
      );
      expect(message).toMatch(/got "t(ext)?"\. Encode text first, with a TextEncoder/);
    }
    const message = errorMessageOf((observer) =>
      of({ offset: 0, data: 'text' })
        .pipe(writeTo(resource, { onError: 'leave' }) as never)
        .subscribe(observer),
    );
    expect(message).toContain('Expected data to be a Uint8Array, got "text".');
  });

  it('names the module of a file to a thread that has not imported it', () => {
    // A process of its own, since the module cannot be forgotten once it is loaded.
    const script = `
      import { attachDriver } from 'tidemark';
      try { attachDriver({ kind: 'tidemark/node', data: {} }); } catch (error) { console.log(error.code, error.message); }
      try { attachDriver({ kind: 'example/own', data: {} }); } catch (error) { console.log(error.code, error.message); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const [ours, theirs] = stdout.split('\n');
    expect(ours).toMatch(/^UNSUPPORTED .* in this thread too: import 'tidemark\/node'\.$/);
    expect(theirs).toMatch(/^UNSUPPORTED .* in this thread too\.$/);
  });

  it('can name it, since it is the kind of a file in a handle', () => {
    const resource = Resource.open(new MmapDriver({ path: 'no-such-file' }));
    try {
      const { handle } = resource.createPort();
      expect((handle as ReaderHandle & { driver: { kind: string } }).driver.kind).toBe('tidemark/node');
    } finally {
      resource.close();
    }
  });
});
