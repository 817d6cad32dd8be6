import { describe, it } from '@jest/globals';
import { folderBackend } from 'tidemark/node';
import type { StoreBackend } from 'tidemark/store';
import { storeConformance } from 'tidemark/testing';
import { freshFolder } from './stores.js';

const folders = new Map<StoreBackend, string>();

storeConformance(
  { describe, it },
  {
    name: 'folderBackend',
    create: () => {
      const path = freshFolder();
      const backend = folderBackend({ path });
      folders.set(backend, path);
      return backend;
    },
    reopen: (previous) => folderBackend({ path: folders.get(previous) ?? '' }),
  },
);
