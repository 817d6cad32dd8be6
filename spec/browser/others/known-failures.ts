import { existsSync } from 'node:fs';
import type { SuiteResult } from '../run-suites.js';
import type { BrowserTest } from '../suite-page.js';

/** What fails in a browser for a reason that is not ours. */
export interface KnownFailure {
  /** The spec, from the root of the project. */
  readonly file: string;
  /** What the titles of these tests begin with; undefined: the file is not run at all. */
  readonly titles?: readonly string[];
  /** They fail now and then. `@default` each time */
  readonly sometimes?: boolean;
  readonly reason: string;
}

export const inWebKit: readonly KnownFailure[] = [
  {
    file: 'spec/handle/owner-ends.spec.ts',
    titles: ['a worker that owns and is terminated frees nobody; ownerGone with any one handle'],
    reason: 'structuredClone copies shared memory, which postMessage shares',
  },
  {
    file: 'spec/handle/reader-handle.spec.ts',
    titles: ['a handle survives structuredClone'],
    reason: 'structuredClone copies shared memory, which postMessage shares',
  },
  {
    file: 'spec/operators/to-readable-stream.spec.ts',
    titles: ['toReadableStream, read by a BYOB reader'],
    reason: 'there are no streams of bytes, and so no BYOB readers',
  },
  {
    file: 'spec/operators/to-readable-stream-ends.spec.ts',
    titles: [
      'the end of toReadableStream is that of a range',
      'the end of toReadableStream is that of empty content',
      'toReadableStream, where it cannot go on errors as the wait does',
      'toReadableStream, cancelled withdraws its wait',
    ],
    reason: 'there are no streams of bytes, and so no BYOB readers',
  },
  {
    file: 'spec/operators/to-readable-stream-ends.spec.ts',
    titles: ['toReadableStream, cancelled ends where a loop over it is left'],
    reason: 'streams are no async iterables',
  },
  {
    file: 'spec/operators/write-to-streams.spec.ts',
    titles: [
      'writeTo, fed from a web stream leaves it locked when unsubscribed, until its next chunk, and cancels it',
      'writeTo, fed from a web stream has it cancelled by a signal',
    ],
    reason: 'streams are no async iterables',
  },
  {
    file: 'spec/operators/to-readable-stream.spec.ts',
    titles: ['toReadableStream, read by a default reader gives the event loop a turn every MiB'],
    sometimes: true,
    reason: 'its timer of no delay ticks less often than the test counts on',
  },
  {
    file: 'spec/operators/read-chunks.spec.ts',
    titles: ['readChunks gives the event loop a turn every MiB'],
    sometimes: true,
    reason: 'its timer of no delay ticks less often than the test counts on',
  },
  {
    file: 'spec/handle/owner-ends.spec.ts',
    titles: ['an update that is never finished is not taken for one while it makes progress'],
    sometimes: true,
    reason: 'a timer of 100 ms came a second late once, with another browser busy beside it',
  },
  {
    file: 'spec/resource/cancel-and-close.spec.ts',
    titles: ['at the end of a resource, `using` closes it'],
    reason: 'there is no Symbol.dispose',
  },
  {
    file: 'spec/browser/suites/not-isolated.ts',
    titles: [
      'a page that is not cross-origin isolated has no SharedArrayBuffer',
      'a page that is not cross-origin isolated has no ports',
    ],
    reason: 'the switch that turns shared memory on does so for every page',
  },
  {
    file: 'spec/browser/suites/opfs.ts',
    reason: 'navigator.storage is off; switched on, getDirectory() fails in the profile that the driver starts',
  },
  {
    file: 'spec/window/many-readers.spec.ts',
    reason: 'its rounds are used up before all readers are done, in a minute; why is not known',
  },
  {
    file: 'spec/drivers/window/readers.spec.ts',
    reason: 'three readers at full speed are not done within four minutes; why is not known',
  },
];

export const inFirefox: readonly KnownFailure[] = [
  {
    file: 'spec/browser/suites/opfs.ts',
    titles: ['a path of the origin private file system is read by several at a time'],
    reason: 'a file has one access handle at a time, also to read',
  },
];

/** Those of `files` that are run. */
export function runIn(known: readonly KnownFailure[], files: readonly string[]): string[] {
  return files.filter((file) => !known.some((failure) => failure.file === file && failure.titles === undefined));
}

/** Fails as the test did in the browser, unless that is known. */
export function expectAsKnown(known: readonly KnownFailure[], file: string, test: BrowserTest): void {
  if (test.error !== undefined && !known.some((failure) => isOf(failure, file, test))) throw new Error(test.error);
}

/** What is in the list, and stale: a test that it means passes, or none has run. */
export function stale(known: readonly KnownFailure[], suites: readonly SuiteResult[]): string[] {
  return known.flatMap(({ file, titles, sometimes = false }) => {
    if (titles === undefined) return existsSync(file) ? [] : [file];
    const tests = suites.find((suite) => suite.file === file)?.tests ?? [];
    return titles.flatMap((title) => {
      const meant = tests.filter((test) => test.title.startsWith(title));
      if (meant.length === 0) return [`${file}: ${title}`];
      return sometimes ? [] : meant.filter(({ error }) => error === undefined).map((test) => `${file}: ${test.title}`);
    });
  });
}

function isOf({ file, titles }: KnownFailure, testFile: string, { title }: BrowserTest): boolean {
  return file === testFile && titles?.some((start) => title.startsWith(start)) === true;
}
