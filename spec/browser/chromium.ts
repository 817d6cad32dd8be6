import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium, without a window; `CHROMIUM` names another. Without a sandbox, which root cannot have. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
}
