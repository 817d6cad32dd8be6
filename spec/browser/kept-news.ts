import { consoleError, type News, type SuiteEvent, thrownOutside } from './suite-events.js';

/**
 * In the page of a browser whose driver hears nothing by itself: keeps what there is to tell until
 * the driver calls `news()`.
 */

declare global {
  /** What has happened since the last call; waits a second for something. In such a page only. */
  var news: () => Promise<readonly News[]>;
}

/** How long a call waits, in milliseconds. */
const PATIENCE = 1000;

export function keepNews(): void {
  let kept: News[] = [];
  let wake: () => void = () => undefined;
  const keep = (news: News): void => {
    kept.push(news);
    wake();
  };
  const writeError = console.error.bind(console);
  console.error = (...args: unknown[]) => {
    keep(consoleError(args.map(String).join(' ')));
    writeError(...args);
  };
  addEventListener('error', ({ message, error }) => {
    keep(thrownOutside(describeError(error) ?? message));
  });
  addEventListener('unhandledrejection', ({ reason }) => keep(thrownOutside(describeError(reason) ?? String(reason))));
  Object.assign(globalThis, {
    report: (event: SuiteEvent) => keep(event),
    news: async () => {
      if (kept.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, PATIENCE);
        });
      }
      const all = kept;
      kept = [];
      return all;
    },
  });
}

function describeError(error: unknown): string | undefined {
  return error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : undefined;
}
