/** What a suite in a browser tells on its way. */
export type SuiteEvent =
  | { readonly type: 'begin'; readonly title: string }
  | { readonly type: 'end'; readonly title: string; readonly error?: string }
  | { readonly type: 'done' }
  | { readonly type: 'broken'; readonly error: string }
  /** Each second, unless the thread is blocked. */
  | { readonly type: 'alive' };

interface Scope {
  /** In the page only: tells the test that has opened it. */
  readonly report?: (event: SuiteEvent) => void;
  readonly postMessage: (event: SuiteEvent) => void;
}

/** Tells it from the page, or to the page. */
export function tell(event: SuiteEvent): void {
  const { report, postMessage } = globalThis as unknown as Scope;
  if (report === undefined) postMessage(event);
  else report(event);
}
