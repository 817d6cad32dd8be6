import { describe, expect, it } from '@jest/globals';

import { Listeners } from '../../lib/window/listeners.js';

/** Who was told, in this order; `until` somebody is. */
function toldOf(listeners: Listeners) {
  const told: string[] = [];
  const add = (name: string, ms: number): (() => void) => listeners.add(() => told.push(name), ms);
  const until = async (name: string): Promise<void> => {
    while (!told.includes(name)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { told, add, until };
}

describe('who listens for a change that comes by itself', () => {
  it.each([Infinity, 100_000])('is told of it, though another one comes later who waits for %d ms', async (later) => {
    const { told, add, until } = toldOf(new Listeners());
    add('first', 20);
    add('second', later);
    await until('first');
    expect(told).toEqual(['first', 'second']);
  });

  it('is told sooner where another one has to be', async () => {
    const { told, add, until } = toldOf(new Listeners());
    add('first', 100_000);
    add('second', 20);
    await until('second');
    expect(told).toEqual(['first', 'second']);
  });

  it('is told once, and not once it has been called off', async () => {
    const listeners = new Listeners();
    const { told, add, until } = toldOf(listeners);
    const callOff = add('first', 20);
    add('second', 20);
    callOff();
    listeners.tell();
    listeners.tell();
    expect(told).toEqual(['second']);
    add('third', 10)();
    add('fourth', 20);
    await until('fourth');
    expect(told).toEqual(['second', 'fourth']);
  });
});
