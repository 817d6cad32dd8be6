import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** By either name. */
export const FIREFOX = ['firefox-esr', 'firefox'];
/** All of them: the browser comes with its driver, and needs a screen and a bus. */
export const WEBKIT = ['WebKitWebDriver', 'Xvfb', 'dbus-run-session'];

/**
 * The path of the first of these programs that is installed; throws if none is.
 *
 * @param {...string} names
 */
export function installed(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (isProgram(path)) return path;
    }
  }
  throw new Error(`${names.join(' or ')} is not installed.`);
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
