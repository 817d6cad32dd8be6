import './wake-up.stress.spec.js';
