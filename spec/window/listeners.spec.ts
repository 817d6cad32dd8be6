import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';

import { Listeners } from '../../lib/window/listeners.js';

/** Who was told, in this order. */
function toldOf(listeners: Listeners) {
  const told: string[] = [];
  const add = (name: string, ms: number): (() => void) => listeners.add(() => told.push(name), ms);
  return { told, add };
}

describe('who listens for a change that comes by itself', () => {
  it.each([Infinity, 10_000])('is told of it, though another one comes later who waits for %d ms', async (later) => {
    const { told, add } = toldOf(new Listeners());
    add('first', 20);
    add('second', later);
    await delay(60);
    expect(told).toEqual(['first', 'second']);
  });

  it('is told sooner where another one has to be', async () => {
    const { told, add } = toldOf(new Listeners());
    add('first', 10_000);
    add('second', 20);
    await delay(60);
    expect(told).toEqual(['first', 'second']);
  });

  it('is told once, and not once it has been called off', async () => {
    const listeners = new Listeners();
    const { told, add } = toldOf(listeners);
    const callOff = add('first', 20);
    add('second', 20);
    callOff();
    listeners.tell();
    listeners.tell();
    await delay(60);
    expect(told).toEqual(['second']);
    add('third', 20)();
    await delay(60);
    expect(told).toEqual(['second']);
  });
});
