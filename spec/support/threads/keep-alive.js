import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { attachReader, Resource } from 'tidemark';
import { newDriver } from './new-driver.js';

/**
 * One case a process (see `keep-alive.spec.ts`): what it leaves pending decides whether the process
 * lives on.
 */

const RANGE = { start: 0, end: 10 };

/**
 * A timer that keeps nothing alive.
 *
 * @param {() => void} act
 * @param {number} milliseconds
 */
function unheld(act, milliseconds) {
  /** @type {NodeJS.Timeout} */ (/** @type {unknown} */ (setTimeout(act, milliseconds))).unref();
}

function worker() {
  const resource = Resource.open(newDriver());
  const thread = new Worker(new URL(import.meta.url), { workerData: resource.createPort({ name: 'r' }).handle });
  thread.on('exit', (code) => console.log(`worker exit ${code}`));
  thread.on('message', (message) => console.log(message));
  // Long after the thread would have ended for lack of work.
  resource.demand$.subscribe((demands) => {
    if (demands.length > 0) setTimeout(write, 500, resource);
  });
}

/** @param {Resource} resource */
function write(resource) {
  console.log('written');
  resource.writeAt(0, new Uint8Array(10));
}

function blockElsewhere() {
  const resource = Resource.open(newDriver());
  const { handle } = resource.createPort({ name: 'r' });
  const source = `
    const { workerData } = require('node:worker_threads');
    Promise.all([import(workerData.sync), import(workerData.drivers)]).then(([{ openSync }]) =>
      openSync(workerData.handle).waitRange({ start: 0, end: 1 }));
  `;
  const [sync, drivers] = ['tidemark/sync', 'tidemark/node'].map((name) => import.meta.resolve(name));
  const thread = new Worker(source, { eval: true, workerData: { handle, sync, drivers } });
  const subscription = resource.demand$.subscribe((demands) => {
    if (demands.length === 0) return;
    subscription.unsubscribe();
    thread.unref();
  });
}

/**
 * @param {string} name
 * @returns {void}
 */
function play(name) {
  if (name === 'worker') {
    worker();
    return;
  }
  if (name === 'blocked thread elsewhere') {
    blockElsewhere();
    return;
  }
  const resource = Resource.open(newDriver());
  if (name === 'owner waits' || name === 'everything of the owner') {
    resource.waitRange(RANGE).subscribe();
    resource.read(RANGE).subscribe();
  }
  if (name === 'demand' || name === 'everything of the owner') {
    resource.createPort();
    resource.demand$.subscribe();
  }
  if (name === 'everything of the owner') {
    resource.coverage$.subscribe();
    resource.status$.subscribe();
    resource.writes$.subscribe();
    resource.writeAt(20, new Uint8Array(1));
  }
  if (['owner waits', 'demand', 'everything of the owner'].includes(name)) return;

  const port = resource.createPort();
  const reader = attachReader(port.handle);
  const ready = () => console.log('ready');
  unheld(() => write(resource), 700);
  if (name.includes('subscriptions')) {
    resource.writeAt(20, new Uint8Array(1));
    reader.coverage$.subscribe();
    reader.status$.subscribe();
  }
  if (name === 'subscriptions only' || name === 'attached only') return;
  if (name === 'read') {
    reader.read(RANGE).subscribe(ready);
    return;
  }
  const waits = [
    reader.waitRange(RANGE, { passive: name === 'passive wait' }).subscribe({
      next: name.includes('wait') && !name.includes('ed wait') ? ready : () => undefined,
      error: () => undefined,
    }),
  ];
  if (name === 'second wait') {
    waits.push(reader.waitRange({ start: 100, end: 110 }).subscribe());
    unheld(() => waits[1]?.unsubscribe(), 100);
  }
  // By then the wait keeps the process alive, where it does.
  setTimeout(() => {
    if (name === 'unsubscribed wait') waits[0]?.unsubscribe();
    if (name === 'closed reader') reader.close();
    if (name === 'closed port') port.close();
    if (name === 'closed owner') resource.close();
    if (name === 'failed owner') resource.fail('no more');
    if (name === 'interrupted wait') port.interrupt();
    if (name === 'settled wait') resource.writeAt(0, new Uint8Array(10));
  }, 100);
}

if (isMainThread) {
  process.on('exit', () => console.log('exit'));
  console.log('begun');
  play(process.argv[2] ?? '');
} else {
  attachReader(workerData)
    .waitRange(RANGE)
    .subscribe((outcome) => console.log(outcome));
}
