import { describe, expect, it } from '@jest/globals';

import { MemDriver, Resource } from '../../../lib/index.js';

describe('MemDriver', () => {
  it('lets 10,000 resources be open at once', () => {
    const resources = Array.from({ length: 10_000 }, () => Resource.open(new MemDriver()));
    resources.forEach((resource, index) => {
      resource.writeAt(0, Uint8Array.of(index & 0xff));
    });
    expect(
      resources.every(
        (resource, index) => resource.readAt(0, new Uint8Array(1)) === 1 && resource.coveredBytes === 1 && index >= 0,
      ),
    ).toBe(true);
    for (const resource of resources) resource.close();
  });
});
