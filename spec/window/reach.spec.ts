import { afterEach, describe, expect, it } from '@jest/globals';

import { useOf } from '../../lib/window/use.js';
import { closeAll } from '../support/resources.js';
import { BLOCK, blocks, openWindow, writeBlocks } from '../support/windows.js';

afterEach(closeAll);

describe('how far bytes may be brought ahead', () => {
  const content = blocks(100, 116);
  const active = [blocks(100, 100)];

  it('is without limit where all of the content fits in', () => {
    const { driver, coverage } = openWindow(16);
    expect(useOf(driver)?.reach(active, coverage, content)).toBe(Infinity);
  });

  it.each(['held', 'read'])('has a limit where it would take the place of what is %s elsewhere', (what) => {
    const resource = openWindow(16);
    writeBlocks(resource, 0, 1, 2, 3);
    if (what === 'held') resource.hold(blocks(0, 4));
    else resource.readAt(0, new Uint8Array(1));
    expect(useOf(resource.driver)?.reach(active, resource.coverage, content)).toBe(12 * BLOCK);
  });
});
