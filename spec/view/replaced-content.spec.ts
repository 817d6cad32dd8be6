import { afterEach, describe, expect, it } from '@jest/globals';
import {
  attachDriver,
  attachReader,
  type DriverDescription,
  MemDriver,
  readChunks,
  registerAttachment,
  type ResourceReader,
  type StoredContent,
} from '../../lib/index.js';
import { closeAll, open, record, turn } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { range } from '../support/range.js';

afterEach(closeAll);

/**
 * What the owner does right before a reader in another thread reads: what a test cannot time, it
 * does itself.
 */
let meanwhile: () => void = () => undefined;
registerAttachment('spec/meanwhile', (data) => {
  const inner = attachDriver(data as DriverDescription);
  return {
    read(offset, target) {
      const now = meanwhile;
      meanwhile = () => undefined;
      now();
      inner.read(offset, target);
    },
    close: () => inner.close(),
  };
});

class Watched extends MemDriver {
  override describe(): DriverDescription {
    return { kind: 'spec/meanwhile', data: super.describe() };
  }
}

/**
 * An active resource of 8 bytes, a reader of it, and how the owner takes the last 6 away and goes
 * on.
 */
function shrinking(): { reader: ResourceReader; shrink: () => void; fill: () => void } {
  const resource = open(undefined, new Watched());
  resource.writeAt(0, bytes(8));
  return {
    reader: attachReader(resource.createPort().handle),
    shrink: () => {
      resource.writeAll(bytes(2));
      resource.reactivate();
    },
    fill: () => {
      resource.writeAt(2, bytes(6, 2));
    },
  };
}

describe('content that its owner replaces while it is being read in another thread', () => {
  it('gives readChunks no empty chunk: it waits for the bytes that are gone', async () => {
    const { reader, shrink, fill } = shrinking();
    meanwhile = shrink;
    const log = record(readChunks(reader, { start: 4, end: 8 }));
    await turn();
    expect(log).toEqual([]);
    fill();
    await turn();
    expect(log).toEqual([[...bytes(4, 4)], 'complete']);
    reader.close();
  });

  it('gives read() no fewer bytes than were asked for: it waits for those that are gone', async () => {
    const { reader, shrink, fill } = shrinking();
    meanwhile = shrink;
    const log = record(reader.read(range(1, 8)));
    await turn();
    expect(log).toEqual([]);
    fill();
    await turn();
    expect(log).toEqual([[...bytes(7, 1)], 'complete']);
    reader.close();
  });
});

describe('content that is larger than any array', () => {
  class Huge extends MemDriver {
    override open(): StoredContent {
      super.open();
      return { coverage: [range(0, 2 ** 52)], committedLength: 2 ** 52 };
    }
  }

  it('is CAPACITY as one chunk, and as one read', () => {
    const resource = open(undefined, new Huge());
    expect(record(readChunks(resource, { chunkSize: 2 ** 52 }))).toEqual(['CAPACITY']);
    expect(record(resource.read(range(0, 2 ** 52)))).toEqual(['CAPACITY']);
  });
});
