import { describe, it } from '@jest/globals';
import { GEOMETRY } from '../../lib/drivers/opfs/geometry.js';
import { storeConformance } from '../../lib/testing.js';
import { backendIn, folderOf } from './opfs-stores.js';

storeConformance(
  { describe, it },
  {
    name: 'opfsBackend, over files in memory',
    create: () => backendIn(undefined, GEOMETRY),
    reopen: (previous) => backendIn(folderOf(previous), GEOMETRY),
  },
);
