import './blocked-waits.stress.spec.js';
