/// <reference types="mocha" />
import { expect } from './in-place-of/jest-globals.js';
import { type SuiteEvent, tell } from './suite-events.js';

/** Runs the tests of one bundled spec in the thread that loads this, and tells how it goes. */

function describeError(error: unknown): string {
  const { message, stack } = (error ?? {}) as { message?: string; stack?: string };
  if (message === undefined) return String(error);
  return stack?.includes(message) === true ? stack : `${message}\n${stack ?? ''}`;
}

const suite = new URL(location.href).searchParams.get('suite');
setInterval(() => tell({ type: 'alive' }), 1000);
try {
  expect.setState({ testPath: suite ?? '' });
  await import(suite ?? '');
  const runner = mocha.run();
  const end = (event: Omit<SuiteEvent & { type: 'end' }, 'type'>): void => tell({ type: 'end', ...event });
  runner.on('test', (test) => tell({ type: 'begin', title: test.fullTitle() }));
  runner.on('pass', (test) => end({ title: test.fullTitle() }));
  runner.on('fail', (test, error) => end({ title: test.fullTitle(), error: describeError(error) }));
  runner.on('pending', (test) => end({ title: test.fullTitle(), error: 'It was skipped.' }));
  runner.on('end', () => tell({ type: 'done' }));
} catch (error) {
  tell({ type: 'broken', error: describeError(error) });
}
