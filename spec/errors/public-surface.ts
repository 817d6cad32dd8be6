import { NEVER, of } from 'rxjs';

import {
  attachDriver,
  attachReader,
  byteSource,
  ColdBytes,
  isStorageError,
  MemDriver,
  ownerGone,
  progress,
  readChunks,
  registerAttachment,
  Resource,
  toReadableStream,
  whenCommitted,
  writeTo,
  WindowDriver,
  WindowUse,
} from '../../lib/index.js';
import { openOpfs, opfsBackend, OpfsDriver, serveMedia } from '../../lib/browser.js';
import { download, Downloader, rangeResponse } from '../../lib/http.js';
import { MmapDriver, sendRangeResponse, toNodeReadable } from '../../lib/node.js';
import { connectView, serveView } from '../../lib/remote.js';
import { respondFromPage } from '../../lib/service-worker.js';
import { emscriptenFile, openSync, SyncReader } from '../../lib/sync.js';
import { driverConformance } from '../../lib/testing.js';
import { newDriver } from '../support/new-driver.js';
import { content } from './fixtures.js';

/** One function of the public surface, as a call with arguments that are fine. */
export interface PublicCall {
  readonly name: string;
  /** Makes arguments that are fine; all that there can be but the options. */
  readonly args: () => unknown[];
  readonly call: (...args: never[]) => unknown;
  /** The options behind `args`, if there are any. */
  readonly options?: readonly string[];
  /** What options are in the place of; by default the last argument. */
  readonly inOptions?: (options: unknown) => unknown[];
  /** Options that have to be there. */
  readonly needed?: object;
  /** Does not look at what is left to the caller. */
  readonly lenient?: true;
}

/** Holds 4 bytes of 20, and is active. */
export function half(): Resource {
  const resource = Resource.open(newDriver(), { expectedLength: 20 });
  resource.writeAt(0, content.subarray(0, 4));
  return resource;
}

/** Holds nothing. */
function empty(): Resource {
  return Resource.open(newDriver());
}

/** Holds 20 bytes, and is committed. */
export function whole(): Resource {
  return Resource.open(newDriver(content));
}

const DOWNLOAD_OPTIONS = [
  'concurrency',
  'chunkSize',
  'readAhead',
  'range',
  'retry',
  'timeout',
  'minRate',
  'headers',
  'accept',
  'revalidate',
  'live',
  'fetch',
  'commit',
  'onError',
  'trustLength',
  'signal',
];
const range = { start: 0, end: 4 };
const reader = (): ReturnType<typeof attachReader> => attachReader(half().createPort().handle);
const syncReader = (): SyncReader => openSync(half().createPort().handle);
const fourBytes = (): Uint8Array => new Uint8Array(4);
const request = (): unknown => ({ method: 'GET', headers: new Headers(), signal: undefined });
const incoming = (): unknown => ({ method: 'GET', headers: {}, socket: {} });
const outgoing = (): unknown => ({ destroyed: true, setHeader: () => undefined });
const port = (): unknown => ({ postMessage: () => undefined, on: () => undefined, off: () => undefined });
const URL_THERE = 'http://127.0.0.1:9/';
const noFetch = (): Promise<never> => new Promise(() => undefined);
const views: [string, () => Resource | ReturnType<typeof attachReader>][] = [
  ['Resource', half],
  ['ResourceReader', reader],
];

const viewCalls = views.flatMap(([name, make]): PublicCall[] => [
  { name: `${name}.has`, args: () => [range], call: (...args) => make().has(...(args as [never])) },
  { name: `${name}.nextGap`, args: () => [0, 5], call: (...args) => make().nextGap(...(args as [never])) },
  {
    name: `${name}.waitRange`,
    args: () => [range],
    call: (...args) => make().waitRange(...(args as [never])),
    options: ['neededBy', 'passive'],
  },
  {
    name: `${name}.read`,
    args: () => [range],
    call: (...args) => make().read(...(args as [never])),
    options: ['neededBy', 'signal'],
  },
  {
    name: `${name}.readAt`,
    args: () => [0, fourBytes()],
    call: (...args) => make().readAt(...(args as [never, never])),
  },
]);

const coverageCalls = (['has', 'coveredBytesIn', 'gaps'] as const).map((name): PublicCall => ({
  name: `Coverage.${name}`,
  args: () => [range],
  call: (...args) => half().coverage[name](...(args as [never])),
}));

export const publicCalls: readonly PublicCall[] = [
  // tidemark
  {
    name: 'Resource.open',
    args: () => [newDriver()],
    call: (...args) => Resource.open(...(args as [never])),
    options: ['signal', 'expectedLength', 'identity'],
  },
  ...viewCalls,
  ...coverageCalls,
  {
    name: 'Coverage.coveredUntil',
    args: () => [0],
    call: (...args) => half().coverage.coveredUntil(...(args as [never])),
  },
  { name: 'Coverage.nextGap', args: () => [0, 5], call: (...args) => half().coverage.nextGap(...(args as [never])) },
  {
    name: 'Resource.writeAt',
    args: () => [4, fourBytes()],
    call: (...args) => half().writeAt(...(args as [never, never])),
  },
  { name: 'Resource.writeAll', args: () => [fourBytes()], call: (...args) => half().writeAll(...(args as [never])) },
  { name: 'Resource.commit', args: () => [4], call: (...args) => half().commit(...(args as [never])) },
  { name: 'Resource.fail', args: () => ['why'], call: (...args) => half().fail(...(args as [never])) },
  {
    name: 'Resource.createPort',
    args: () => [],
    call: (...args) => half().createPort(...(args as [never])),
    options: ['name'],
  },
  {
    name: 'ReaderPort.interrupt',
    args: () => [1],
    call: (...args) =>
      half()
        .createPort()
        .interrupt(...(args as [never])),
  },
  { name: 'Resource.view', args: () => [range], call: (...args) => whole().view(...(args as [never])) },
  {
    name: 'Resource.discard',
    args: () => [],
    call: (...args) => half().discard(...(args as [never])),
    options: ['committed'],
  },
  { name: 'Resource.expectedLength', args: () => [30], call: (length) => (half().expectedLength = length) },
  { name: 'Resource.identity', args: () => ['"v1"'], call: (identity) => (half().identity = identity) },
  {
    name: 'attachReader',
    args: () => [half().createPort().handle],
    call: (...args) => attachReader(...(args as [never])),
    options: [],
  },
  { name: 'ownerGone', args: () => [half().createPort().handle], call: (...args) => ownerGone(...(args as [never])) },
  {
    name: 'MemDriver',
    args: () => [],
    call: (...args) => new MemDriver(...(args as [never])),
    options: ['initialData', 'capacity', 'shared'],
  },
  {
    name: 'WindowDriver',
    args: () => [],
    call: (...args) => new WindowDriver(...(args as [never])),
    options: ['maxBytes', 'keep', 'behind', 'blockSize', 'shared'],
    needed: { maxBytes: 2 ** 20 },
  },
  {
    name: 'WindowUse',
    args: () => [],
    call: (...args) => new WindowUse(...(args as [never])),
    options: ['longestWait', 'blockSize', 'keepsLatest'],
    needed: { longestWait: 2 ** 19 },
  },
  {
    name: 'new ColdBytes',
    args: () => [],
    call: (...args) => Reflect.construct(ColdBytes, args) as unknown,
    options: ['given'],
  },
  {
    name: 'ColdBytes.rewritten',
    args: () => [0, 4],
    call: (...args) => new ColdBytes().rewritten(...(args as unknown as [never, never])),
  },
  {
    name: 'attachDriver',
    args: () => [{ kind: 'memory', data: new SharedArrayBuffer(8) }],
    call: (...args) => attachDriver(...(args as [never])),
  },
  {
    name: 'registerAttachment',
    args: () => ['example/none', () => undefined],
    call: (...args) => registerAttachment(...(args as [never, never])),
  },
  { name: 'byteSource', args: () => [half()], call: (...args) => byteSource(...(args as [never])), options: [] },
  {
    name: 'ByteSource.read',
    args: () => [0, 4],
    call: (...args) => byteSource(half()).read(...(args as [never, never])),
  },
  { name: 'progress', args: () => [half()], call: (...args) => progress(...(args as [never])), options: ['every'] },
  {
    name: 'readChunks',
    args: () => [half()],
    call: (...args) => readChunks(...(args as [never])),
    options: ['start', 'end', 'chunkSize', 'neededBy', 'project'],
  },
  {
    name: 'toReadableStream',
    args: () => [half(), range],
    call: (...args) =>
      toReadableStream(...(args as [never]))
        .getReader()
        .read(),
    options: ['neededBy'],
  },
  { name: 'whenCommitted', args: () => [whole()], call: (...args) => whenCommitted(...(args as [never])), options: [] },
  {
    name: 'writeTo',
    args: () => [half()],
    call: (...args) => NEVER.pipe(writeTo(...(args as [never]))),
    options: ['offset', 'commit', 'onError'],
  },
  { name: 'writeTo, a chunk', args: () => [fourBytes()], call: (chunk) => of<Uint8Array>(chunk).pipe(writeTo(half())) },
  {
    name: 'isStorageError',
    args: () => [new Error('other')],
    call: (...args) => isStorageError(args[0]),
    lenient: true,
  },

  // tidemark/sync
  {
    name: 'openSync',
    args: () => [half().createPort().handle],
    call: (...args) => openSync(...(args as [never])),
    options: [],
  },
  { name: 'new SyncReader', args: () => [], call: (...args) => new SyncReader(...(args as unknown as [never])) },
  {
    name: 'SyncReader.waitRange',
    args: () => [range],
    call: (...args) => syncReader().waitRange(...(args as [never])),
    options: ['timeout', 'neededBy'],
  },
  {
    name: 'SyncReader.read',
    args: () => [fourBytes()],
    call: (...args) => syncReader().read(...(args as [never])),
    options: ['at', 'min', 'timeout', 'neededBy'],
  },
  {
    name: 'SyncReader.takeInterrupt',
    args: () => [],
    call: (...args) => syncReader().takeInterrupt(...(args as [never])),
    options: ['timeout'],
  },
  { name: 'SyncReader.seek', args: () => [3], call: (...args) => syncReader().seek(...(args as [never])) },
  { name: 'SyncReader.has', args: () => [range], call: (...args) => syncReader().has(...(args as [never])) },
  { name: 'SyncReader.nextGap', args: () => [0, 5], call: (...args) => syncReader().nextGap(...(args as [never])) },
  {
    name: 'SyncReader.readAt',
    args: () => [0, fourBytes()],
    call: (...args) => syncReader().readAt(...(args as [never, never])),
  },
  {
    // As far as it can be tried without a module of Emscripten's: what is asked for is looked at
    // before the file system is.
    name: 'emscriptenFile',
    args: () => [{}, '/file', syncReader()],
    call: (...args) => emscriptenFile(...(args as unknown as [never, never, never])),
    options: ['timeout'],
  },

  // tidemark/http
  {
    name: 'download',
    args: () => [empty(), URL_THERE],
    call: (...args) => download(...(args as [never, never])),
    options: DOWNLOAD_OPTIONS,
    needed: { fetch: noFetch },
  },
  {
    name: 'download, retry',
    args: () => [empty(), URL_THERE],
    call: (...args) => download(...(args as [never, never])),
    options: ['count', 'delay', 'maxDelay', 'patience'],
    inOptions: (retry) => [{ fetch: noFetch, retry }],
  },
  {
    name: 'download, minRate',
    args: () => [empty(), URL_THERE],
    call: (...args) => download(...(args as [never, never])),
    options: ['bytesPerSecond', 'ms'],
    inOptions: (minRate) => [{ fetch: noFetch, minRate }],
  },
  {
    name: 'new Downloader',
    args: () => [],
    call: (...args) => new Downloader(...(args as [never])),
    options: ['requests', 'requestsPerOrigin', 'bytesPerSecond', 'fetch', 'headers', 'retry', 'timeout'],
  },
  {
    name: 'Downloader.download',
    args: () => [empty(), URL_THERE],
    call: (...args) => new Downloader().download(...(args as [never, never])),
    options: [...DOWNLOAD_OPTIONS, 'priority'],
    needed: { fetch: noFetch },
  },
  {
    name: 'Downloader.limit',
    args: () => ['background', 1000],
    call: (...args) => {
      new Downloader().limit(...(args as [never, never]));
    },
  },
  {
    name: 'rangeResponse',
    args: () => [half(), request()],
    call: (...args) => rangeResponse(...(args as [never, never])),
    options: ['headers', 'close', 'neededBy'],
  },

  // tidemark/node
  {
    name: 'sendRangeResponse',
    args: () => [half(), incoming(), outgoing()],
    call: (...args) => sendRangeResponse(...(args as unknown as [never, never, never])),
    options: ['headers', 'close', 'neededBy'],
  },
  {
    name: 'toNodeReadable',
    args: () => [half(), range],
    call: (...args) => toNodeReadable(...(args as [never])).toArray(),
    options: ['neededBy'],
  },
  {
    name: 'MmapDriver',
    args: () => [],
    call: (...args) => new MmapDriver(...(args as unknown as [never])),
    options: ['path', 'mode', 'resume', 'checkpoint', 'durable', 'keepIdentity', 'mapping'],
    needed: { path: 'no-such-file' },
  },
  {
    name: 'MmapDriver, checkpoint',
    args: () => [],
    call: (...args) => new MmapDriver(...(args as unknown as [never])),
    options: ['bytes', 'ms'],
    inOptions: (checkpoint) => [{ path: 'no-such-file', checkpoint }],
  },
  {
    name: 'MmapDriver.inspect',
    args: () => ['no-such-file'],
    call: (...args) => MmapDriver.inspect(...(args as [never])),
    options: [],
  },
  {
    name: 'MmapDriver.remove',
    args: () => ['no-such-file'],
    call: (...args) => MmapDriver.remove(...(args as [never])),
    options: [],
  },

  // tidemark/remote
  {
    name: 'serveView',
    args: () => [half(), port()],
    call: (...args) => serveView(...(args as unknown as [never, never])),
    options: ['close'],
  },
  {
    name: 'connectView',
    args: () => [port()],
    call: (...args) => connectView(...(args as unknown as [never])),
    options: ['name', 'signal'],
  },

  // tidemark/browser: as far as it can be tried without a browser
  {
    name: 'openOpfs',
    args: () => [],
    call: (...args) => openOpfs(...(args as unknown as [never])),
    options: ['path', 'mode', 'checkpoint', 'wait', 'cacheBytes', 'signal', 'expectedLength', 'identity'],
    needed: { path: 'no-such-file' },
  },
  {
    name: 'opfsBackend',
    args: () => [],
    call: (...args) => opfsBackend(...(args as unknown as [never])),
    options: ['path', 'wait'],
    needed: { path: 'no-such-file' },
  },
  { name: 'new OpfsDriver', args: () => [], call: (...args) => Reflect.construct(OpfsDriver, args) as unknown },
  {
    name: 'OpfsDriver.prepare',
    args: () => [],
    call: (...args) => OpfsDriver.prepare(...(args as unknown as [never])),
    options: ['path', 'mode', 'checkpoint', 'wait', 'cacheBytes', 'signal'],
    needed: { path: 'no-such-file' },
  },
  {
    name: 'serveMedia',
    args: () => [],
    call: (...args) => serveMedia(...(args as unknown as [never])),
    options: ['worker', 'type'],
    needed: { worker: '/sw.js' },
  },
  {
    name: 'respondFromPage',
    args: () => [{ request: new Request('https://example.org/'), respondWith: () => undefined }],
    call: (...args) => respondFromPage(...(args as unknown as [never])),
  },
  {
    name: 'OpfsDriver.inspect',
    args: () => ['no-such-file'],
    call: (...args) => OpfsDriver.inspect(...(args as [never])),
    options: [],
  },
  {
    name: 'OpfsDriver.remove',
    args: () => ['no-such-file'],
    call: (...args) => OpfsDriver.remove(...(args as [never])),
    options: [],
  },

  // tidemark/testing
  {
    name: 'driverConformance',
    args: () => [{ describe: () => undefined, it: () => undefined }],
    call: (...args) => driverConformance(...(args as unknown as [never, never])),
    options: ['name', 'create', 'reopen', 'dispose'],
    needed: { name: 'a driver', create: newDriver },
  },
];
