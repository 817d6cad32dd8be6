import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { emptyProject, installWith, run, sameAsHere, write } from './scratch-project.js';

/**
 * A piece of every entry point, and what no two type packages agree on: the stream of Node and that
 * of the web.
 */
const PROGRAM = `
  import { Readable } from 'node:stream';
  import { firstValueFrom } from 'rxjs';
  import { byteSource, type Coverage, isStorageError, MemDriver, type NeededBy, progress, readChunks, Resource, toReadableStream, writeTo } from 'tidemark';
  import { openOpfs, opfsBackend, type OpfsResource, serveMedia, shareStore } from 'tidemark/browser';
  import { connectStore, type RemoteStore, runStore, serveStore, Store } from 'tidemark/store';
  import { connectView, serveView } from 'tidemark/remote';
  import { respondFromPage } from 'tidemark/service-worker';
  import { download, rangeResponse } from 'tidemark/http';
  import { MmapDriver, sendRangeResponse, type StorageResource, toNodeReadable } from 'tidemark/node';
  import { emscriptenFile, openSync, type SyncReader } from 'tidemark/sync';
  import { driverConformance } from 'tidemark/testing';

  const resource: StorageResource = Resource.open(new MemDriver());
  const stored: OpfsResource = await openOpfs({ path: 'songs/7' });
  console.log(stored.driver.bytesOnDisk);
  const store: Store = await runStore(opfsBackend({ path: 'songs' }), { maxBytes: 5 });
  const shared: RemoteStore = await shareStore({ name: 'songs', worker: () => new Worker('worker.js') });
  console.log(shared.entries, serveStore(store, new MessageChannel().port1), connectStore);
  const coverage: Coverage = resource.coverage;
  const stream: Readable = toNodeReadable(resource, { start: 0, end: 4 });
  const response: Response = new Response(toReadableStream(resource));
  const bytes: Uint8Array<ArrayBuffer> = await firstValueFrom(resource.read({ start: 0, end: 4 }));
  const reader: SyncReader = openSync(resource.createPort().handle);
  for await (const chunk of stream) console.log(chunk, coverage, response, bytes, reader);
  console.log(byteSource, isStorageError, progress, readChunks, writeTo, download, rangeResponse);
  console.log(MmapDriver, sendRangeResponse, emscriptenFile, driverConformance, serveMedia, connectView, serveView, respondFromPage);
  const neededBy: NeededBy = (offset: number) => (offset > 0 ? undefined : Date.now());
  const { signal } = new AbortController();
  resource.read({ start: 0, end: 4 }, { neededBy, signal });
  resource.waitRange({ start: 0, end: 4 }, { neededBy: 5, passive: false });
  readChunks(resource, { neededBy });
  toReadableStream(resource, undefined, { neededBy: 5 });
  toNodeReadable(resource, undefined, { neededBy });
  void rangeResponse(resource, new Request('http://127.0.0.1/'), { neededBy });
  reader.read(bytes, { neededBy: 5 });
  // @ts-expect-error a number is no range
  resource.read(4);
  // @ts-expect-error one piece is waited for, and a number is enough
  resource.waitRange({ start: 0, end: 4 }, { neededBy });
  // @ts-expect-error the same
  reader.read(bytes, { neededBy });
  // @ts-expect-error a date is no time
  resource.read({ start: 0, end: 4 }, { neededBy: new Date() });
  // @ts-expect-error a controller is no signal
  resource.read({ start: 0, end: 4 }, { signal: new AbortController() });
`;
const COMPILERS = { '6': 'typescript', '7': 'typescript-7' };
const MODULES = { nodenext: 'nodenext', bundler: 'preserve' };
const TYPES = { '20': 'node-20', '26': 'node-26' };

describe('a strict project that has installed the package', () => {
  let project = '';

  beforeAll(() => {
    project = emptyProject();
    const compilers = [...sameAsHere('typescript'), 'typescript-7@npm:typescript@7'];
    installWith('npm', project, ...compilers, ...sameAsHere('rxjs', '@types/emscripten'));
    for (const [version, name] of Object.entries(TYPES)) {
      installWith('npm', project, `${name}@npm:@types/node@${version}`);
    }
    write(project, 'program.ts', PROGRAM);
  }, 300_000);
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  const cases = Object.keys(COMPILERS).flatMap((compiler) =>
    Object.keys(MODULES).flatMap((moduleResolution) =>
      Object.keys(TYPES).map((types) => ({ compiler, moduleResolution, types })),
    ),
  ) as { compiler: keyof typeof COMPILERS; moduleResolution: keyof typeof MODULES; types: keyof typeof TYPES }[];

  it.each(cases)(
    'compiles by TypeScript $compiler, resolved by $moduleResolution, with the types of Node $types and of the web',
    ({ compiler, moduleResolution, types }) => {
      const compilerOptions = {
        target: 'ES2022',
        module: MODULES[moduleResolution],
        moduleResolution,
        lib: ['ES2024', 'DOM'],
        types: [`./node_modules/${TYPES[types]}`],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
      };
      write(project, 'tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
      const tsc = join(project, 'node_modules', COMPILERS[compiler], 'bin/tsc');
      expect(() => run(project, process.execPath, tsc, '-p', '.')).not.toThrow();
    },
  );
});
