import { MemDriver, Resource } from 'tidemark';
import { connectView, serveView } from 'tidemark/remote';

/** The other side of a view in a Web Worker: see `spec/browser/suites/remote.ts`. */
const LENGTH = 300_000;

globalThis.addEventListener('message', ({ data }) => {
  if (data === 'serve') {
    const resource = Resource.open(new MemDriver(), { expectedLength: LENGTH });
    resource.writeAt(0, new Uint8Array(LENGTH / 2).fill(1));
    resource.demand$.subscribe(([demand]) => {
      if (demand === undefined || resource.status.state !== 'active') return;
      resource.writeAt(LENGTH / 2, new Uint8Array(LENGTH / 2).fill(2));
      resource.commit();
    });
    serveView(resource, globalThis);
  } else if (data === 'connect') {
    void connectView(globalThis, { name: 'worker' }).then((view) => {
      view.read({ start: 0, end: LENGTH }).subscribe(({ length }) => globalThis.postMessage({ read: length }));
    });
  }
});
globalThis.postMessage('listens');
