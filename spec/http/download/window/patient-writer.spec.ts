import { afterEach, describe, expect, it } from '@jest/globals';

import { PatientWriter } from '../../../../lib/http/download/window/patient-writer.js';
import { closeAll } from '../../../support/resources.js';
import { filled } from '../../../support/bytes.js';
import { BLOCK, blocks, openWindow, writeBlocks } from '../../../support/windows.js';

afterEach(closeAll);

describe('what a body brings and finds no room for', () => {
  it.each(['before', 'after'])('is written where there is room %s somebody waits for that', async (moment) => {
    const resource = openWindow(4);
    writeBlocks(resource, 0, 1, 2, 3);
    const [first] = [blocks(0, 2), blocks(2, 4)].map((range) => resource.hold(range));
    const writer = new PatientWriter(resource, (offset, data) => resource.writeAt(offset, data));
    writer.write(9 * BLOCK, filled(BLOCK, 9));
    expect(writer.waits).toBe(true);
    if (moment === 'before') first?.release();
    const written = writer.written(AbortSignal.timeout(5000));
    if (moment === 'after') first?.release();
    await written;
    expect(writer.waits).toBe(false);
    expect(resource.has(blocks(9))).toBe(true);
  });

  it('is not waited for any more once its signal is aborted', async () => {
    const resource = openWindow(2);
    writeBlocks(resource, 0, 1);
    for (const block of [0, 1]) resource.hold(blocks(block));
    const writer = new PatientWriter(resource, (offset, data) => resource.writeAt(offset, data));
    writer.write(9 * BLOCK, filled(BLOCK, 9));
    await writer.written(AbortSignal.timeout(20));
    expect(writer.waits).toBe(true);
  });
});
