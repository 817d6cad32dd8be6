import { execFileSync } from 'node:child_process';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync as openFile,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { attachReader, MemDriver, type ReaderHandle, Resource } from 'tidemark';
import { MmapDriver, type MmapResource } from 'tidemark/node';
import { openSync } from 'tidemark/sync';

const STATE_BYTES = 40;
const folder = mkdtempSync(join(tmpdir(), 'tidemark-forged-'));
const at = (name: string): string => join(folder, name);
const content = Buffer.alloc(100_000, 7);
writeFileSync(at('song'), content);
writeFileSync(at('short'), Buffer.alloc(500, 9));
mkdirSync(at('folder'));
symlinkSync(at('song'), at('link'));
linkSync(at('song'), at('hard-link'));
const CAN_MAKE_PIPES = process.platform !== 'win32';
if (CAN_MAKE_PIPES) execFileSync('mkfifo', [at('pipe')]);
const device = CAN_MAKE_PIPES ? openFile('/dev/zero', 'r') : -1;
const short = openFile(at('short'), 'r');
afterAll(() => {
  for (const descriptor of [device, short]) if (descriptor >= 0) closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

let resource: MmapResource;
beforeEach(() => {
  resource = Resource.open(new MmapDriver({ path: at('song'), mode: 'read-only' }));
});
afterEach(() => resource.close());

interface Description {
  path: unknown;
  fileState: unknown;
  mapping: unknown;
}

/** A handle whose file is described in another way. */
function forged(data: (own: Description) => unknown): ReaderHandle {
  const { handle } = resource.createPort();
  const { driver } = handle as unknown as { driver: { kind: string; data: Description } };
  return { ...handle, driver: { ...driver, data: data(driver.data) } } as ReaderHandle;
}

/**
 * What the owner of that file would say of it: that its bytes are final up to some length, and that
 * it has it open there.
 */
function stateOf(path: string, finalLength: bigint, descriptor: number | bigint = -1): SharedArrayBuffer {
  const { dev, ino } = statSync(path, { bigint: true });
  const buffer = new SharedArrayBuffer(STATE_BYTES);
  const file = [BigInt.asIntN(64, dev), BigInt.asIntN(64, ino)];
  new BigInt64Array(buffer).set([...file, finalLength, 0n, BigInt(descriptor)]);
  return buffer;
}

/** The code of the error of attaching or of the first read, or what was read. */
function outcomeOf(handle: ReaderHandle): string {
  const target = new Uint8Array(content.length);
  try {
    using reader = attachReader(handle);
    const count = reader.readAt(0, target);
    return Buffer.compare(target.subarray(0, count), content.subarray(0, count)) === 0 ? 'own bytes' : 'other bytes';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('a handle that describes a file', () => {
  const none: [string, (own: Description) => unknown][] = [
    ['nothing', () => undefined],
    ['null', () => null],
    ['a number', () => 5],
    ['a path alone', ({ path }) => path],
    ['an empty object', () => ({})],
    ['no path', (own) => ({ ...own, path: undefined })],
    ['a path that is a number', (own) => ({ ...own, path: 5 })],
    ['a path that is a URL', (own) => ({ ...own, path: pathToFileURL(at('song')) })],
    ['a path that is bytes', (own) => ({ ...own, path: Buffer.from(at('song')) })],
    ['an empty path', (own) => ({ ...own, path: '' })],
    ['a path from here', (own) => ({ ...own, path: 'song' })],
    ['a path with NUL', (own) => ({ ...own, path: `${at('song')}\0` })],
    ['no state', (own) => ({ ...own, fileState: undefined })],
    ['a state that is no memory', (own) => ({ ...own, fileState: 32 })],
    ['a state that is not shared', (own) => ({ ...own, fileState: new ArrayBuffer(STATE_BYTES) })],
    ['a state that is short', (own) => ({ ...own, fileState: new SharedArrayBuffer(8) })],
    ['a state of no whole words', (own) => ({ ...own, fileState: new SharedArrayBuffer(31) })],
    ['a state that is empty', (own) => ({ ...own, fileState: new SharedArrayBuffer(0) })],
    ['no mapping', (own) => ({ ...own, mapping: undefined })],
    ['a mapping that nobody knows', (own) => ({ ...own, mapping: 'mmap' })],
    ['a mapping that every object has', (own) => ({ ...own, mapping: 'toString' })],
  ];

  it.each(none)('is refused with INVALID_ARGUMENT when it is attached, and its owner goes on: %s', (_, data) => {
    const handle = forged(data);
    for (const attach of [attachReader, openSync]) {
      expect(() => attach(handle)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('handle of a reader') }),
      );
    }
    expect(outcomeOf(resource.createPort().handle)).toBe('own bytes');
  });

  const song = (descriptor: number | bigint = -1): SharedArrayBuffer => stateOf(at('song'), 100_000n, descriptor);
  const others: [string, string, (own: Description) => unknown][] = [
    ['one that is not there', 'NOT_FOUND', (own) => ({ ...own, path: at('none'), fileState: song() })],
    ['another one', 'NOT_FOUND', (own) => ({ ...own, path: at('short'), fileState: song() })],
    ['a symbolic link to it', 'NOT_FOUND', (own) => ({ ...own, path: at('link'), fileState: song() })],
    ['a state without a file', 'NOT_FOUND', (own) => ({ ...own, fileState: new SharedArrayBuffer(STATE_BYTES) })],
    ...(
      [
        ['a descriptor of another one', short],
        ['a descriptor below 0', -5],
        ['a descriptor of nothing', 10 ** 9],
        ['a descriptor that is no number of one', 2n ** 62n],
      ] as const
    ).map(([name, descriptor]): (typeof others)[number] => [
      name,
      'NOT_FOUND',
      (own) => ({ ...own, path: at('none'), fileState: song(descriptor) }),
    ]),
    ['a name that no file system has', 'IO', (own) => ({ ...own, path: `/${'x'.repeat(5000)}` })],
    ['one below a file', 'IO', (own) => ({ ...own, path: at('song/below') })],
    ['a folder', 'IO', (own) => ({ ...own, path: at('folder'), fileState: stateOf(at('folder'), 100n) })],
    ['a shorter one', 'IO', (own) => ({ ...own, path: at('short'), fileState: stateOf(at('short'), 100_000n) })],
  ];
  if (CAN_MAKE_PIPES) {
    others.push(
      ['a pipe', 'IO', (own) => ({ ...own, path: at('pipe'), fileState: stateOf(at('pipe'), 100n) })],
      ['a device', 'IO', (own) => ({ ...own, path: '/dev/zero', fileState: stateOf('/dev/zero', 100n) })],
      [
        'a device that is held open',
        'NOT_FOUND',
        (own) => ({ ...own, path: at('none'), fileState: stateOf('/dev/zero', 100_000n, device) }),
      ],
    );
  }

  it.each(others)('which is not the owner’s gives an error and no bytes: %s', (_, code, data) => {
    expect(outcomeOf(forged(data))).toBe(code);
    expect(outcomeOf(resource.createPort().handle)).toBe('own bytes');
  });

  it.each([10n ** 9n, 2n ** 62n, -5n, 10n])('is read and mapped no further than it goes: a length of %d', (length) => {
    expect(outcomeOf(forged((own) => ({ ...own, fileState: stateOf(at('song'), length) })))).toBe('own bytes');
  });

  it('is read by any of its names, since it is the same file', () => {
    expect(outcomeOf(forged((own) => ({ ...own, path: at('hard-link') })))).toBe('own bytes');
  });
});

describe('a handle that has memory', () => {
  it('of which there is less than its coverage says, or none, gives an error and no bytes', () => {
    using owner = Resource.open(new MemDriver({ initialData: content }));
    for (const [data, code] of [
      [new SharedArrayBuffer(10), 'CLOSED'],
      [new SharedArrayBuffer(0), 'CLOSED'],
      [new ArrayBuffer(content.length), 'INVALID_ARGUMENT'],
      [new Uint8Array(content.length), 'INVALID_ARGUMENT'],
      [{ path: at('song') }, 'INVALID_ARGUMENT'],
      [undefined, 'INVALID_ARGUMENT'],
    ] as const) {
      const { handle } = owner.createPort();
      const { driver } = handle as unknown as { driver: { kind: string } };
      expect(outcomeOf({ ...handle, driver: { ...driver, data } } as unknown as ReaderHandle)).toBe(code);
    }
  });
});
