import { subtractRanges } from '../../range/subtract-ranges.js';
import type { ContentRecord } from '../../record/content-record.js';
import type { FinalStep } from '../driver.js';
import type { OpfsRecord } from './opfs-record.js';
import type { ContentBeside, PlacedBlocks } from './placed-blocks.js';

/**
 * The record of active content: what is covered and has a place.
 *
 * @param reopens - the content was committed up to now
 */
export function activeRecord(record: ContentRecord, blocks: PlacedBlocks, reopens: boolean): OpfsRecord {
  const { coverage, expectedLength: known, identity } = record;
  // The final length is no total any more.
  const expectedLength = reopens ? undefined : known;
  // A run of the record may end in a block that waits: what has no place is not claimed.
  const waiting = blocks.waitingRanges.sort((one, other) => one.start - other.start);
  const placed = waiting.length === 0 ? coverage : subtractRanges(coverage, waiting);
  return {
    committedLength: undefined,
    content: { coverage: placed, expectedLength, identity },
    runs: blocks.runs(),
  };
}

/** The record of final content. */
export function finalRecord({ length, runs }: ContentBeside, identity: string | undefined): OpfsRecord {
  const coverage = length > 0 ? [{ start: 0, end: length }] : [];
  return { committedLength: length, content: { coverage, expectedLength: undefined, identity }, runs };
}

/**
 * The step that makes content final: stores that as readers go on (`ahead`), and then makes it
 * count here.
 *
 * @param store - stores it; is not called again once it has returned
 */
export function finalStepOf(store: () => void, publish: () => void): FinalStep {
  let isStored = false;
  const ahead = (): void => {
    if (isStored) return;
    store();
    isStored = true;
  };
  const step: FinalStep = () => {
    // Does nothing if it was called before. A driver that wraps this one may not know of it.
    ahead();
    publish();
  };
  return Object.assign(step, { ahead });
}
