import { describe, expect, it } from '@jest/globals';
import { PROTOCOL } from '../../lib/control/layout.js';
import { attachReader, MemDriver, ownerGone, type ReaderHandle, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { openSync } from '../../lib/sync.js';
import { readerThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { range } from '../support/range.js';

describe('a handle', () => {
  it('survives structuredClone, also nested, and more than once', async () => {
    const resource = Resource.open(newDriver());
    const { handle } = resource.createPort({ name: 'clone' });
    const { inner } = structuredClone({ inner: structuredClone(handle) });
    expect(inner.name).toBe('clone');
    const thread = readerThread();
    await thread.call('openSync', 'a', inner);
    resource.writeAt(0, filled(3));
    expect(await thread.call('read', 'a', 3)).toEqual(filled(3));
    expect(await thread.call('get', 'a', 'name')).toBe('clone');
  });

  it.each(['openSync', 'attach'])(
    'attaches once, then %s throws INVALID_ARGUMENT, whatever copy is given',
    async (second) => {
      const resource = Resource.open(newDriver());
      for (const first of ['openSync', 'attach']) {
        const { handle } = resource.createPort();
        const [thread, other] = [readerThread(), readerThread()];
        await thread.call(first, 'a', handle);
        expect(await codeOf(other.call(second, 'b', structuredClone(handle)))).toBe('INVALID_ARGUMENT');
        expect(await codeOf(thread.call(second, 'b', handle))).toBe('INVALID_ARGUMENT');
        resource.writeAt(0, filled(1));
        expect(await thread.call('call', 'a', 'has', range(0, 1))).toBe(true);
      }
    },
  );

  it('is attached by exactly one of many threads that try at once', async () => {
    const resource = Resource.open(newDriver());
    const { handle } = resource.createPort();
    const threads = Array.from({ length: 6 }, readerThread);
    await Promise.all(threads.map((thread) => thread.call('echo')));
    const codes = await Promise.all(threads.map((thread) => codeOf(thread.call('openSync', 'a', handle))));
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 'INVALID_ARGUMENT')).toHaveLength(5);
  });

  it('stays attached after its reader has closed', async () => {
    const resource = Resource.open(newDriver());
    const { handle } = resource.createPort();
    const thread = readerThread();
    await thread.call('openSync', 'a', handle);
    await thread.call('close', 'a');
    expect(await codeOf(thread.call('openSync', 'b', handle))).toMatch(/^(INVALID_ARGUMENT|CLOSED)$/);
  });

  it('of a port that is closed throws CLOSED', async () => {
    const resource = Resource.open(newDriver());
    const port = resource.createPort();
    port.close();
    port.close();
    port.interrupt(1);
    const thread = readerThread();
    expect(await codeOf(thread.call('openSync', 'a', port.handle))).toBe('CLOSED');
    expect(await codeOf(thread.call('attach', 'a', port.handle))).toBe('CLOSED');
  });

  it('of a resource that is closed meanwhile attaches, and says CLOSED to whoever waits', async () => {
    const resource = Resource.open(newDriver());
    const [one, other] = [resource.createPort().handle, resource.createPort().handle];
    resource.close();
    const thread = readerThread();
    await thread.call('openSync', 'a', one);
    await thread.call('attach', 'b', other);
    expect(await thread.call('get', 'a', 'status')).toEqual({ state: 'closed' });
    expect(await thread.call('get', 'b', 'status')).toEqual({ state: 'closed' });
    expect(await codeOf(thread.call('call', 'a', 'waitRange', range(0, 1)))).toBe('CLOSED');
    await thread.call('wait', 'b', 'w', range(0, 1));
    expect(await thread.ended('w')).toBe('CLOSED');
  });

  const good = (): ReaderHandle => Resource.open(newDriver()).createPort().handle;
  it.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a number', () => 7],
    ['a function', () => () => undefined],
    ['an empty object', () => ({})],
    ['a port', () => Resource.open(newDriver()).createPort()],
    ['a handle of a later version', () => ({ ...good(), tidemark: PROTOCOL + 1 })],
    ['a handle of an earlier version', () => ({ ...good(), tidemark: PROTOCOL - 1 })],
    ['a handle of a version that is no number', () => ({ ...good(), tidemark: String(PROTOCOL) })],
    ['a handle that went through JSON', () => JSON.parse(JSON.stringify(good())) as unknown],
    ['a handle whose memory is not shared', () => ({ ...good(), control: new ArrayBuffer(4096) })],
    ['a handle whose memory is of something else', () => ({ ...good(), control: new SharedArrayBuffer(4096) })],
    ['a handle whose memory is too small', () => ({ ...good(), control: new SharedArrayBuffer(4) })],
    ['a handle without its cell', () => ({ ...good(), cell: undefined })],
    ['a handle with a cell of another size', () => ({ ...good(), cell: new SharedArrayBuffer(64) })],
  ])('is refused when it is %s', (_, make) => {
    const handle = make() as ReaderHandle;
    const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    expect(() => openSync(handle)).toThrow(refused);
    expect(() => attachReader(handle)).toThrow(refused);
  });

  it.each([
    ['undefined', undefined],
    ['an empty object', {}],
    ['a number', 7],
  ])('that is %s is refused by ownerGone', (_, handle) => {
    expect(() => ownerGone(handle as unknown as ReaderHandle)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('of a driver that the thread has not loaded throws UNSUPPORTED, and can still be attached', () => {
    const { handle } = Resource.open(newDriver()).createPort();
    const foreign = { ...handle, driver: { kind: 'example/unheard-of', data: undefined } };
    const unsupported = expect.objectContaining({ code: 'UNSUPPORTED' });
    expect(() => openSync(foreign)).toThrow(unsupported);
    expect(() => attachReader(foreign)).toThrow(unsupported);
    expect(openSync(handle).coveredBytes).toBe(0);
  });

  it('is not to be had of a resource whose memory is not shared', () => {
    const resource = Resource.open(new MemDriver({ shared: false }));
    expect(() => resource.createPort()).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    resource.writeAt(0, filled(1));
    expect(resource.coveredBytes).toBe(1);
  });
});

describe('a reader that was closed', () => {
  it('throws CLOSED from every method but close, and its port is given back', async () => {
    const resource = Resource.open(newDriver());
    resource.writeAt(0, filled(10));
    const thread = readerThread();
    await thread.call('openSync', 'a', resource.createPort().handle);
    await thread.call('close', 'a');
    await thread.call('close', 'a');
    const call = (method: string, ...args: unknown[]): Promise<string | undefined> =>
      codeOf(thread.call('call', 'a', method, ...args));
    expect(await call('waitRange', range(0, 1))).toBe('CLOSED');
    expect(await call('has', range(0, 1))).toBe('CLOSED');
    expect(await call('nextGap', 0)).toBe('CLOSED');
    expect(await call('seek', 0)).toBe('CLOSED');
    expect(await call('takeInterrupt')).toBe('CLOSED');
    expect(await codeOf(thread.call('read', 'a', 1))).toBe('CLOSED');
    expect(await codeOf(thread.call('read', 'a', 0))).toBe('CLOSED');
    expect(await codeOf(thread.call('readAt', 'a', 0, 1))).toBe('CLOSED');
    expect(await thread.call('get', 'a', 'status')).toEqual({ state: 'closed' });
  });
});
