// What each test of the project `window` finds in its environment (see
// `spec/support/tested-driver.js`).
process.env.TESTED_DRIVER = 'window';
