import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';
import { isObservable } from 'rxjs';

import * as main from '../../lib/index.js';
import * as browser from '../../lib/browser.js';
import * as http from '../../lib/http.js';
import * as node from '../../lib/node.js';
import * as remote from '../../lib/remote.js';
import * as serviceWorker from '../../lib/service-worker.js';
import * as store from '../../lib/store.js';
import * as sync from '../../lib/sync.js';
import * as testing from '../../lib/testing.js';
import { type PublicCall, publicCalls as callsButStores } from './public-surface.js';
import { storeCalls } from './store-surface.js';

const { isStorageError } = main;
const accepted = 'accepted';

/**
 * What a call throws, rejects with or errors with at once; else {@link accepted}: it has done
 * something, or waits.
 */
async function answerTo(call: () => unknown): Promise<unknown> {
  try {
    const answer = call();
    if (isObservable(answer)) {
      let failed: unknown = accepted;
      const subscription = answer.subscribe({ error: (error: unknown) => (failed = error) });
      await turn();
      subscription.unsubscribe();
      return failed;
    }
    const later = turn(accepted);
    await Promise.race([answer, later]);
    return accepted;
  } catch (error) {
    return error;
  }
}

/** `accepted`, the code, or what is wrong with the error. */
function verdict(answer: unknown): string {
  if (answer === accepted) return accepted;
  const { name, message } = answer as Error;
  // What the engine says of a mistake in our code, and what the platform says of arguments that we
  // have handed on unseen.
  if (/Cannot |is not (iterable|a function|defined|a constructor)|undefined \(|BigInt|convert/.test(message))
    return message;
  if (isStorageError(answer)) return answer.code;
  // The latter is what RxJS says of what `project` gives.
  return name === 'TypeError' && /^Expected .* to be .*, got |^You provided /.test(message)
    ? name
    : `${name}: ${message}`;
}

const VERDICT = /^(accepted|TypeError|[A-Z_]+)$/;

const wrongValues: unknown[] = [
  undefined,
  null,
  true,
  -1,
  0.5,
  NaN,
  '0',
  'x'.repeat(1000),
  0n,
  Symbol('x'),
  {},
  [],
  ['x'],
  () => undefined,
  Object.create(null),
  new Date(0),
  { start: '0', end: 4 },
  { start: 0n, end: 4 },
  { start: 3, end: null },
  { offset: 0, data: 'text' },
  new AbortController().signal,
];

function optionsAt({ args, inOptions, needed }: PublicCall, options: unknown): unknown[] {
  return [...args(), ...(inOptions?.(options) ?? [typeof options === 'object' ? { ...needed, ...options } : options])];
}

const publicCalls: readonly PublicCall[] = [...callsButStores, ...storeCalls];
const withOptions = publicCalls.filter((call) => call.options !== undefined);

describe('a wrong argument', () => {
  it('is tried on every function that is exported', () => {
    const functions = Object.entries({
      ...main,
      ...browser,
      ...http,
      ...node,
      ...remote,
      ...serviceWorker,
      ...store,
      ...sync,
      ...testing,
    })
      .filter(([, value]) => typeof value === 'function')
      .map(([name]) => name);
    const tried = publicCalls.map(({ name }) => name.replace(/^new /, '').replace(/[.,].*/, ''));
    // It refuses nothing: an error that fails to be made hides another one.
    expect(functions.filter((name) => !tried.includes(name))).toEqual(['StorageError']);
  });

  it.each(publicCalls)('of $name is refused in words that name it', async ({ args, call }) => {
    const found: unknown[] = [];
    const note = (given: unknown, answer: unknown): void => {
      const said = verdict(answer);
      if (!VERDICT.test(said)) found.push([given, said]);
    };
    note('nothing', await answerTo(() => call()));
    for (const place of args().keys()) {
      for (const value of wrongValues) {
        note([place, value], await answerTo(() => call(...(args().with(place, value) as never[]))));
      }
    }
    expect(found).toEqual([]);
  });

  it.each(withOptions)('in each option of $name is refused in words that name it', async (row) => {
    const found: unknown[] = [];
    for (const name of row.options ?? []) {
      for (const value of wrongValues) {
        const said = verdict(await answerTo(() => row.call(...(optionsAt(row, { [name]: value }) as never[]))));
        if (!VERDICT.test(said)) found.push([name, value, said]);
      }
    }
    expect(found).toEqual([]);
  });
});

describe('options', () => {
  it.each(withOptions)('of $name may all be undefined', async (row) => {
    const names = (row.options ?? []).filter((name) => !(name in (row.needed ?? {})));
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    const answer = await answerTo(() => row.call(...(optionsAt(row, options) as never[])));
    // DEADLOCK: a blocking call in the owner's thread. UNSUPPORTED: no file system of Emscripten's.
    expect(['accepted', 'DEADLOCK', 'UNSUPPORTED']).toContain(verdict(answer));
  });

  it.each(withOptions)(
    'of $name are only those that there are: another one is INVALID_ARGUMENT, and is named',
    async (row) => {
      const inherited = Object.create({ readahead: 5 }) as object;
      for (const options of [{ readahead: 5 }, { readahead: undefined }, inherited]) {
        const given = Object.assign(options, row.needed);
        const answer = await answerTo(() =>
          row.call(...([...row.args(), ...(row.inOptions?.(given) ?? [given])] as never[])),
        );
        expect(answer).toMatchObject({ code: 'INVALID_ARGUMENT' });
        expect((answer as Error).message).toContain('"readahead"');
        for (const name of row.options ?? []) expect((answer as Error).message).toContain(name);
      }
    },
  );

  it.each(withOptions.filter(({ options, inOptions }) => options?.length !== 0 && inOptions === undefined))(
    'of $name are refused where they are no object',
    async (row) => {
      for (const options of [null, 'text', 5, true, () => undefined, 0n, Symbol('x')]) {
        const answer = await answerTo(() => row.call(...([...row.args(), options] as never[])));
        expect([options, verdict(answer)]).toEqual([options, expect.stringMatching(/^(INVALID_ARGUMENT|TypeError)$/)]);
      }
    },
  );

  it('are refused where an AbortSignal stands in place of { signal }', async () => {
    const { signal } = new AbortController();
    for (const { args, call, inOptions, name } of withOptions) {
      if (inOptions !== undefined || name.endsWith('Conformance')) continue;
      const answer = await answerTo(() => call(...([...args(), signal] as never[])));
      expect([name, verdict(answer)]).toEqual([name, expect.stringMatching(/^(INVALID_ARGUMENT|TypeError)$/)]);
    }
  });

  it.each([
    ['download', 'readahead', 'readAhead'],
    ['download', 'concurency', 'concurrency'],
    ['download, retry', 'maxdelay', 'maxDelay'],
    ['MmapDriver', 'keep_identity', 'keepIdentity'],
    ['MmapDriver, checkpoint', 'byte', 'bytes'],
    ['rangeResponse', 'header', 'headers'],
    ['sendRangeResponse', 'Headers', 'headers'],
    ['readChunks', 'chunksize', 'chunkSize'],
    ['writeTo', 'onerror', 'onError'],
    ['progress', 'evry', 'every'],
    ['driverConformance', 'reOpen', 'reopen'],
    ['Store.open', 'maxbytes', 'maxBytes'],
    ['Store.acquire', 'maxage', 'maxAge'],
    ['folderBackend', 'Path', 'path'],
  ])('of %s are guessed from a name that is near: %s may mean %s', async (name, given, meant) => {
    const row = publicCalls.find((call) => call.name === name);
    if (row === undefined) throw new Error(`There is no ${name}.`);
    const answer = await answerTo(() => row.call(...(optionsAt(row, { [given]: 5 }) as never[])));
    expect((answer as Error).message).toContain(`Did you mean ${meant}?`);
  });

  it('are not guessed where no name is near', async () => {
    const row = publicCalls.find(({ name }) => name === 'download');
    const answer = await answerTo(() => row?.call(...(optionsAt(row, { colour: 5 }) as never[])));
    expect((answer as Error).message).not.toContain('Did you mean');
  });

  it('are no index that stands in their place: functions of a view alone can be passed to map()', () => {
    const resource = main.Resource.open(new main.MemDriver({ initialData: new Uint8Array(3) }));
    const lengths: number[] = [];
    // As `forkJoin(views.map(whenCommitted))` does.
    for (const length$ of [resource].map(main.whenCommitted)) length$.subscribe((length) => lengths.push(length));
    expect(lengths).toEqual([3]);
  });
});
