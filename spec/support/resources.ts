import { expect } from '@jest/globals';
import type { Observable, Subscription } from 'rxjs';

import { type ByteRange, Resource, type ResourceOptions, type WaitOptions } from '../../lib/index.js';
import { asCode } from './code-of.js';
import { bytes } from './bytes.js';
import { newDriver } from './new-driver.js';
import { isWindowTested, testedFolder } from './tested-driver.js';

/** Where a byte cannot be written: past the capacity of memory, and past all offsets. */
export const TOO_FAR = testedFolder() === undefined && !isWindowTested() ? 2 ** 52 : 2 ** 53 - 1;

const opened: Resource[] = [];

/** Opens a resource that {@link closeAll} closes. */
export function open(options?: ResourceOptions, driver = newDriver()): Resource {
  const resource = Resource.open(driver, options);
  opened.push(resource);
  return resource;
}

export function closeAll(): void {
  for (const resource of opened.splice(0)) resource.close();
}

/** A resource that holds [0, 4) and [8, 12). */
export function patchy(options?: ResourceOptions): Resource {
  const resource = open(options);
  resource.writeAt(0, bytes(4));
  resource.writeAt(8, bytes(4, 8));
  return resource;
}

export function committed(length = 10): Resource {
  const resource = open();
  resource.writeAll(bytes(length));
  return resource;
}

export function failed(prepare: (resource: Resource) => void = () => undefined): Resource {
  const resource = open();
  prepare(resource);
  resource.fail('no network');
  return resource;
}

export function cancelled(prepare: (resource: Resource) => void = () => undefined): Resource {
  const abort = new AbortController();
  const resource = open({ signal: abort.signal });
  prepare(resource);
  abort.abort();
  return resource;
}

export function closed(prepare: (resource: Resource) => void = () => undefined): Resource {
  const resource = open();
  prepare(resource);
  resource.close();
  return resource;
}

export function ranges(resource: Resource): ByteRange[] {
  return resource.coverage.toArray();
}

/** What an observable has done so far: values, then `'complete'`, or the code of its error. */
export function record(source: Observable<unknown>): unknown[] {
  const log: unknown[] = [];
  source.subscribe({
    next: (value) => log.push(value instanceof Uint8Array ? [...value] : value),
    error: (error: unknown) => log.push(asCode(error)),
    complete: () => log.push('complete'),
  });
  return log;
}

/** What a wait has done so far; see {@link record}. */
export function wait(resource: Resource, start: number, end: number, options?: WaitOptions): unknown[] {
  return record(resource.waitRange({ start, end }, options));
}

/** Lets the turn end, in which `coverage$` and `demand$` are conflated. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Subscribes with a name, and writes down entry, what `act` does, and exit of each callback. */
export function trace(
  log: string[],
  name: string,
  source: Observable<unknown>,
  act: (value: unknown) => void = () => undefined,
): Subscription {
  return source.subscribe({
    next: (value) => {
      log.push(`${name}(`);
      act(value);
      log.push(`)${name}`);
    },
    error: () => log.push(`${name} failed`),
    complete: () => log.push(`${name} done`),
  });
}

/** No callback was entered before the one before it was left. */
export function expectNoNesting(log: readonly string[]): void {
  let inside: string | undefined;
  for (const entry of log) {
    if (entry.endsWith('(')) {
      expect([entry, 'entered inside', inside]).toEqual([entry, 'entered inside', undefined]);
      inside = entry.slice(0, -1);
    } else if (entry.startsWith(')')) {
      inside = undefined;
    }
  }
}
