import { describe, expect, it } from '@jest/globals';

import { Notifications } from '../../lib/changes/notifications.js';
import { StateStream } from '../../lib/changes/state-stream.js';
import { type Marbles, marbles } from '../support/marbles.js';

interface Letters {
  readonly letters: StateStream<string>;
  /** From when until when it had a subscriber. */
  readonly watched: { subscribedFrame: number; unsubscribedFrame: number }[];
  readonly become: (letter: string) => void;
}

/** A stream whose state is a letter, `a` at first. */
function lettersIn({ now }: Marbles): Letters {
  let state = 'a';
  const watched: Letters['watched'] = [];
  const letters = new StateStream(
    () => state,
    new Notifications(),
    (isWatched) => {
      const last = watched.at(-1);
      if (isWatched) watched.push({ subscribedFrame: now(), unsubscribedFrame: Infinity });
      else if (last?.unsubscribedFrame === Infinity) last.unsubscribedFrame = now();
    },
  );
  const become = (letter: string): void => {
    state = letter;
    letters.changed();
  };
  return { letters, watched, become };
}

describe('StateStream', () => {
  it('is not watched where nobody subscribes, whatever changes', () => {
    marbles((helpers) => {
      const { watched, become } = lettersIn(helpers);
      helpers.at('--b', { b: () => become('b') });
      helpers.expectSubscriptions(watched).toBe([]);
    });
  });

  it('emits the state and each change of it, and is watched while anybody subscribes', () => {
    marbles((helpers) => {
      const { letters, watched, become } = lettersIn(helpers);
      helpers.at('--b--c---d', { b: () => become('b'), c: () => become('c'), d: () => become('d') });
      helpers.expectLogged(letters.state$, '-^----!').toBe('-ab--c', '-^----!');
      helpers.expectLogged(letters.state$, '---^---!').toBe('---b-c', '---^---!');
      helpers.expectLogged(letters.state$, '--------^-!').toBe('--------cd', '--------^-!');
      helpers.expectSubscriptions(watched).toBe(['-^-----!', '--------^-!']);
    });
  });

  it('emits once a turn, and nothing that is as it was', () => {
    marbles((helpers) => {
      const { letters, watched, become } = lettersIn(helpers);
      helpers.at('-(bc)--(da)--(ec)', {
        a: () => become('c'),
        b: () => become('b'),
        c: () => become('c'),
        d: () => become('d'),
        e: () => become('e'),
      });
      helpers.expectLogged(letters.state$).toBe('ac', '^');
      helpers.expectSubscriptions(watched).toBe('^');
    });
  });

  it('releases all when it completes, and tells those who come later the last state', () => {
    marbles((helpers) => {
      const { letters, watched, become } = lettersIn(helpers);
      helpers.at('-b-c', { b: () => become('b'), c: () => letters.complete() });
      helpers.expectLogged(letters.state$).toBe('ab-|', '^--!');
      helpers.expectLogged(letters.state$, '-----^').toBe('-----(b|)', '-----(^!)');
      helpers.expectSubscriptions(watched).toBe('^--!');
      helpers.flush();
      expect(letters.watched).toBe(false);
    });
  });

  it('schedules nothing more once its last subscriber has left within the turn', () => {
    marbles((helpers) => {
      const { letters, watched, become } = lettersIn(helpers);
      const seen: string[] = [];
      const subscription = letters.state$.subscribe((letter) => seen.push(letter));
      helpers.at('--b', {
        b() {
          become('b');
          subscription.unsubscribe();
        },
      });
      helpers.expectSubscriptions(watched).toBe('^-!');
      helpers.flush();
      expect(seen).toEqual(['a']);
    });
  });
});
