// What each test of the project `file` finds in its environment (see `tested-driver.js`); jest's `process.env` is a copy for each.
process.env.TESTED_DRIVER = 'file';
