import { describe, it } from '@jest/globals';
import { ColdBytes, MemDriver } from '../../lib/index.js';
import { driverConformance } from '../../lib/testing.js';
import { ColdDriver } from '../support/cold-resources.js';
import { EvictingDriver } from '../support/evicting-driver.js';

driverConformance(
  { describe, it },
  {
    name: 'a driver whose every byte is cold',
    create: () => new ColdDriver(new MemDriver({ shared: false }), new ColdBytes()),
  },
);
driverConformance(
  { describe, it },
  {
    name: 'one that other threads can read in part',
    create: () =>
      new ColdDriver(new MemDriver({ shared: false }), new ColdBytes(), new Uint8Array(new SharedArrayBuffer(3000))),
  },
);
driverConformance(
  { describe, it },
  { name: 'one that evicts', create: () => new ColdDriver(new EvictingDriver(), new ColdBytes()) },
);
