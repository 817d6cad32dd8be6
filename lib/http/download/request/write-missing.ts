import { useOf } from '../../../window/use.js';
import type { ByteRange } from '../../../range/byte-range.js';
import type { Resource } from '../../../resource/resource.js';

/**
 * Writes of `data` at `offset` what is within `range` and not there yet. Returns how many bytes
 * that was.
 *
 * Bytes that are there are compared with those that came again: undefined says that they differ,
 * and that nothing was written.
 */
export function writeMissing(
  resource: Resource,
  offset: number,
  data: Uint8Array,
  range: ByteRange | undefined,
): number | undefined {
  if (range === undefined) return writeAll(resource, offset, data);
  const skipped = Math.max(0, range.start - offset);
  const wanted = data.subarray(skipped, Math.max(skipped, range.end - offset));
  return wanted.length === 0 ? 0 : writeAll(resource, offset + skipped, wanted);
}

function writeAll(resource: Resource, offset: number, data: Uint8Array): number | undefined {
  const end = offset + data.length;
  const gap = resource.nextGap(offset, end);
  if (gap?.start === offset && gap.end === end) {
    resource.writeAt(offset, data);
    return data.length;
  }
  // To compare is not to read: it is no reader's place.
  const compare = (): boolean => holdsSame(resource, offset, data);
  if (!(useOf(resource.driver)?.unnoted(compare) ?? compare())) return undefined;
  let written = 0;
  for (let at = offset; at < end;) {
    const missing = resource.nextGap(at, end);
    if (missing === undefined) break;
    resource.writeAt(missing.start, data.subarray(missing.start - offset, missing.end - offset));
    written += missing.end - missing.start;
    at = missing.end;
  }
  return written;
}

function holdsSame(resource: Resource, offset: number, data: Uint8Array): boolean {
  const stored = new Uint8Array(data.length);
  for (let at = 0; at < data.length;) {
    const length = resource.readAt(offset + at, stored.subarray(at));
    for (let i = at; i < at + length; i++) if (stored[i] !== data[i]) return false;
    at += length;
    if (length === 0) at = (resource.nextGap(offset + at, offset + data.length)?.end ?? offset + data.length) - offset;
  }
  return true;
}
