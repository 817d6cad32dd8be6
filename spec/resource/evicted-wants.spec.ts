import { describe, expect, it } from '@jest/globals';

import { ControlOwner } from '../../lib/control/control-owner.js';
import { Ports } from '../../lib/resource/ports.js';
import { EvictingDriver } from '../support/evicting-driver.js';
import { range } from '../support/range.js';
import { turn } from '../support/resources.js';
import { readerThread } from '../support/threads.js';

const ROUNDS = 300;

describe('a blocked thread whose bytes come, and go before it has looked', () => {
  it('is woken when they come again, though it publishes nothing anew', async () => {
    const control = new ControlOwner(true, true);
    const ports = new Ports(control, () => undefined);
    const port = ports.create('a', new EvictingDriver());
    const thread = readerThread();
    await thread.call('openSync', 'a', port.handle);
    for (let round = 0; round < ROUNDS; round += 1) {
      const outcome = thread.call('call', 'a', 'waitRange', range(0, 10));
      while (![...ports.open].some(({ wants }) => wants.length > 0)) {
        await turn();
        ports.refresh();
      }
      // As `Resource` would, where it need not keep all that is waited for.
      control.cover(0, 10);
      ports.wakeCovered(0, 10);
      control.uncover(4, 6);
      ports.uncovered(4, 6);
      // By turns before and after it has looked.
      if (round % 2 === 0) await turn();
      control.cover(4, 6);
      ports.wakeCovered(4, 6);
      expect(await outcome).toBe('ready');
      control.uncover(0, 10);
      ports.uncovered(0, 10);
    }
    port.close();
  });
});
