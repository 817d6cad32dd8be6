import { expect } from '@jest/globals';
import { catchError, map, Observable, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { Demand, Resource, ResourceView } from '../../lib/index.js';
import { asCode } from './code-of.js';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];
/** As RxJS's own logs, in which no end is Infinity. */
type SubscriptionLogs = Pick<
  ReturnType<RunHelpers['cold']>['subscriptions'][number],
  'subscribedFrame' | 'unsubscribedFrame'
>[];

/**
 * An observable that writes down from when until when it is subscribed to, for
 * `expectSubscriptions`.
 */
type Logged<T> = Observable<T> & { readonly subscriptions: SubscriptionLogs };

/** What the view of {@link LoggedView} was subscribed to. */
export interface LoggedView {
  /**
   * Does what the view that it is made of does, as somebody else's view: through its public
   * members.
   */
  readonly view: ResourceView;
  /** The subscriptions of its `status$`, its `coverage$` and all of its waits. */
  readonly status: SubscriptionLogs;
  readonly coverage: SubscriptionLogs;
  readonly waits: SubscriptionLogs;
}

export interface Marbles extends Omit<RunHelpers, 'expectSubscriptions'> {
  /** Runs each action in the frame of its letter, in the order of the letters. */
  readonly at: (marbles: string, actions: Record<string, () => void>) => void;
  /** The frame that it is now. */
  readonly now: () => number;
  /** RxJS's own, which also takes what is logged here. */
  readonly expectSubscriptions: (logs: SubscriptionLogs) => { toBe(marbles: string | string[]): void };
  readonly loggedView: (view: ResourceView) => LoggedView;
  /**
   * As `expectObservable`, where the subscription that `unsubscription` begins is expected to be
   * the one of `subscriptions`.
   */
  readonly expectLogged: <T>(source: Observable<T>, unsubscription?: string) => ExpectLogged;
}

interface ExpectLogged {
  toBe(marbles: string, subscriptions: string, values?: unknown, error?: unknown): void;
}

/** Runs a test with RxJS's `TestScheduler`; a test may do so more than once. */
export function marbles(test: (helpers: Marbles) => void): void {
  const scheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  const now = (): number => scheduler.frame;
  const logged = <T>(source: Observable<T>, subscriptions: SubscriptionLogs = []): Logged<T> => {
    const log$ = new Observable<T>((subscriber) => {
      const index = subscriptions.push({ subscribedFrame: now(), unsubscribedFrame: Infinity }) - 1;
      const subscribedFrame = now();
      subscriber.add(() => (subscriptions[index] = { subscribedFrame, unsubscribedFrame: now() }));
      return source.subscribe(subscriber);
    });
    return Object.assign(log$, { subscriptions });
  };
  const loggedView = (view: ResourceView): LoggedView => {
    const logs = { status: [], coverage: [], waits: [] };
    const members = new Map<PropertyKey, unknown>([
      ['status$', logged(view.status$, logs.status)],
      ['coverage$', logged(view.coverage$, logs.coverage)],
      ['waitRange', (...args: Parameters<ResourceView['waitRange']>) => logged(view.waitRange(...args), logs.waits)],
    ]);
    const others = new Proxy(view, {
      // Nothing inside is found, so it is not taken for a view of ours.
      has: (target, name) => typeof name === 'string' && name in target,
      get(target, name) {
        const value = members.get(name) ?? (Reflect.get(target, name, target) as unknown);
        return typeof value === 'function' && !members.has(name) ? (value.bind(target) as unknown) : value;
      },
    });
    return { view: others, ...logs };
  };
  scheduler.run((helpers) => {
    const at: Marbles['at'] = (frames, actions) => {
      helpers.cold(frames).subscribe((letter) => actions[letter]?.());
    };
    const expectSubscriptions: Marbles['expectSubscriptions'] = helpers.expectSubscriptions;
    const expectLogged: Marbles['expectLogged'] = (source, unsubscription) => {
      const log$ = logged(source);
      const expected = helpers.expectObservable(log$, unsubscription);
      return {
        toBe(frames, subscriptions, values, error) {
          expected.toBe(frames, values, error);
          expectSubscriptions(log$.subscriptions).toBe(subscriptions);
        },
      };
    };
    test({ ...helpers, expectSubscriptions, at, now, loggedView, expectLogged });
  });
}

/** Errors by their codes, to be compared in marbles. */
export function coded<T>(source: Observable<T>): Observable<T> {
  return source.pipe(catchError((error: unknown) => throwError(() => asCode(error))));
}

/** `demand$` without the times, which are real ones. */
export function timelessDemand$(resource: Resource): Observable<Omit<Demand, 'since'>[]> {
  return resource.demand$.pipe(map((demands) => demands.map(({ since: _, ...rest }) => rest)));
}
