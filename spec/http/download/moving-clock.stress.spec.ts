import { moveClock } from '../moving-clock.js';

/**
 * What downloads promise holds while the wall clock is set at random moments: their tests once
 * more. Left out are those that read the clock themselves, to compare it with what they are told.
 */
moveClock();

await import('./announcing.spec.js');
await import('./connections.spec.js');
await import('./demand.spec.js');
await import('./download.spec.js');
await import('./few-requests.spec.js');
await import('./habits.spec.js');
await import('./hidden-codings.spec.js');
await import('./live.spec.js');
await import('./range.spec.js');
await import('./reading-on.spec.js');
await import('./redirects.spec.js');
await import('./refusals.spec.js');
await import('./revalidate.spec.js');
await import('./versions.spec.js');
await import('./without-ranges.spec.js');
await import('./wrong-answers.spec.js');
await import('./failures/servers.spec.js');
await import('../downloader/caps.spec.js');
await import('../downloader/downloader.spec.js');
