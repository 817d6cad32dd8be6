import { keepNews } from './kept-news.js';
import { startThread, type ThreadRequest } from './page-threads.js';
import { type SuiteEvent, tell } from './suite-events.js';

/** Runs a suite in this page, or in a worker, where a test may block. */

const address = new URL(location.href);
if (!('report' in globalThis)) keepNews();
if (address.searchParams.get('in') === 'worker') {
  const source = new URL('/spec/browser/suite.js', address);
  source.search = address.search;
  const worker = new Worker(source, { type: 'module' });
  worker.addEventListener('message', ({ data, ports }: MessageEvent<SuiteEvent | ThreadRequest>) => {
    if (data.type === 'thread') startThread(data, ports[0]);
    else tell(data);
  });
  worker.addEventListener('error', ({ message }) => {
    tell({ type: 'broken', error: message || 'The suite could not be loaded.' });
  });
} else {
  await import('./suite.js');
}
