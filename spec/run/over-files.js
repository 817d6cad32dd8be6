// What each test of the project `file` finds in its environment (see
// `spec/support/tested-driver.js`); jest's `process.env` is a copy for each.
process.env.TESTED_DRIVER = 'file';
