import { launch } from 'puppeteer-core';
import { FIREFOX, installed } from './installed.js';

/** @import { DrivenBrowser, DrivenPage } from './driven.js' */

/** Media that the user has not started play nevertheless: nobody clicks here. */
const PREFERENCES = { 'media.autoplay.default': 0 };

/**
 * Launches, without a window, the Firefox that is installed, and drives it by WebDriver BiDi.
 *
 * @returns {Promise<DrivenBrowser>}
 */
export async function launchFirefox() {
  const executablePath = installed(...FIREFOX);
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: PREFERENCES,
    protocolTimeout: 120_000,
  });
  return {
    name: await browser.version(),
    async open() {
      const context = await browser.createBrowserContext();
      /** @returns {Promise<DrivenPage>} */
      const open = async () => {
        const page = await context.newPage();
        return {
          goto: (address) => page.goto(address),
          evaluate: (run, ...args) => page.evaluate(/** @type {(...all: any[]) => any} */ (run), ...args),
          beside: open,
          leave: () => page.close(),
          close: () => context.close(),
        };
      };
      return open();
    },
    close: () => browser.close(),
  };
}
