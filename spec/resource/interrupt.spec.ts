import { afterEach, describe, expect, it } from '@jest/globals';

import { closeAll, cancelled, closed, committed, failed, open, patchy, record, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';

afterEach(closeAll);

describe('interrupt', () => {
  it('ends pending waits with Interrupted and pending reads with INTERRUPTED', () => {
    const resource = patchy();
    const logs = [
      wait(resource, 4, 8),
      wait(resource, 4, 8, { passive: true }),
      record(resource.read({ start: 4, end: 8 })),
    ];
    resource.interrupt();
    expect(logs).toEqual([['interrupted', 'complete'], ['interrupted', 'complete'], ['INTERRUPTED']]);
  });

  it('keeps nothing: later waits wait, and covered ranges are Ready', () => {
    const resource = patchy();
    resource.interrupt();
    const later = wait(resource, 4, 8);
    expect(later).toEqual([]);
    expect(wait(resource, 0, 4)).toEqual(['ready', 'complete']);
    resource.writeAt(4, bytes(4));
    expect(later).toEqual(['ready', 'complete']);
  });

  it('changes no state, in any state', () => {
    for (const resource of [open(), committed(), failed(), cancelled(), closed()]) {
      const { status } = resource;
      resource.interrupt();
      expect(resource.status).toBe(status);
    }
  });

  it('takes the demand with it', () => {
    const resource = open();
    wait(resource, 0, 4);
    resource.interrupt();
    expect(record(resource.demand$)).toEqual([[]]);
  });
});
