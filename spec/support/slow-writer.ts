import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterEach } from '@jest/globals';
import lena from 'audio-lena';

import { MemDriver, Resource } from '../../lib/index.js';

/** A file of the `audio-lena` package: twelve seconds of one song in many formats. */
export function lenaFile(format: string): Buffer {
  return readFileSync(fileURLToPath(lena.url(format)));
}

const PART = 4096;
const opened: Resource[] = [];

afterEach(() => {
  for (const resource of opened.splice(0)) resource.close();
});

/** A resource that {@link afterEach} closes. */
export function openResource(): Resource {
  const resource = Resource.open(new MemDriver());
  opened.push(resource);
  return resource;
}

/**
 * A resource that a slow writer fills with `file`, who only acts when somebody waits: it writes 4
 * KiB of what is most urgent, and some other 4 KiB besides where `besides` says so, then lets
 * others run. How much has been written when something happens thus depends on what was asked for,
 * and not on how fast the machine is. The length is told with the first part, as a server would,
 * or, where `tellLength` says so, only by the commit.
 */
export function fillSlowly(file: Uint8Array, { besides = true, tellLength = true } = {}): Resource {
  const resource = openResource();
  const others = besides ? shuffledParts(file.length) : [];
  let busy = false;
  const write = (start: number, end: number): void => {
    resource.writeAt(start, file.subarray(start, Math.min(end, start + PART)));
  };
  resource.demand$.subscribe(([first]) => {
    if (first === undefined || busy) return;
    busy = true;
    setTimeout(() => {
      busy = false;
      if (resource.status.state !== 'active') return;
      if (tellLength) resource.expectedLength ??= file.length;
      const other = others.pop();
      if (other !== undefined) write(other, file.length);
      // Its demand may have been met, or withdrawn, while this was on its way: as with any
      // download.
      write(first.range.start, first.range.end);
      if (resource.coveredBytes === file.length) resource.commit();
    }, 1);
  });
  return resource;
}

/**
 * The starts of all parts, in an order that is neither forwards nor backwards, and always the same.
 */
function shuffledParts(length: number): number[] {
  const count = Math.ceil(length / PART);
  return Array.from({ length: count }, (_, index) => index * PART).sort(
    (left, right) => ((left * 7919) % 10_007) - ((right * 7919) % 10_007) || left - right,
  );
}
