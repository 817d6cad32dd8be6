import type { ByteRange } from '../../lib/index.js';

export function range(start: number, end: number): ByteRange {
  return { start, end };
}
