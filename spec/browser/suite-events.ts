/** What a suite in a browser tells on its way. */
export type SuiteEvent =
  | { readonly type: 'begin'; readonly title: string }
  | { readonly type: 'end'; readonly title: string; readonly error?: string }
  | { readonly type: 'done' }
  | { readonly type: 'broken'; readonly error: string }
  /** Each second, unless the thread is blocked. */
  | { readonly type: 'alive' };

/** What is told of the page of a suite, besides. */
export type News =
  | SuiteEvent
  /** Something went wrong beside the tests. */
  | { readonly type: 'complaint'; readonly title: string; readonly error: string }
  /** Nothing more will come. */
  | { readonly type: 'lost'; readonly title: string; readonly error: string };

export function consoleError(error: string): News {
  return { type: 'complaint', title: 'writes no error to the console', error };
}

export function thrownOutside(error: string): News {
  return { type: 'complaint', title: 'throws nothing outside of its tests', error };
}

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
