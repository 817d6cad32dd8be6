/// <reference types="mocha" />
import 'mocha/mocha.js';
import { bind } from 'jest-each';
import { ModuleMocker } from 'jest-mock';

/** What our specs use of jest, with mocha to run the tests: jest itself needs Node. */
export { expect } from 'expect';
export const jest: Pick<ModuleMocker, 'spyOn' | 'restoreAllMocks'> = new ModuleMocker(globalThis);

type Test = () => unknown;

/** As in `jest.config.js`. */
const TIMEOUT = 60_000;

mocha.setup({ ui: 'bdd', timeout: TIMEOUT, reporter: Mocha.reporters.Base });
const { describe: suite, it: addTest, before, after, beforeEach, afterEach } = globalThis;

function defineTest(title: string, test: Test, timeout = TIMEOUT): void {
  addTest(title, () => test() as Promise<void> | undefined).timeout(timeout);
}

function defineSuite(title: string, define: () => void): void {
  suite(title, define);
}

export const it = Object.assign(defineTest, { each: bind(defineTest as never) });
export const describe = Object.assign(defineSuite, { each: bind(defineSuite as never, false) });
export { after as afterAll, afterEach, before as beforeAll, beforeEach };
